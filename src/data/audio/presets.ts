import { checkChoice } from './checks.ts';
import type { MelOptions } from './melFilterbank.ts';
import type { SpectrumOptions } from './spectrum.ts';

/** Where options start from. `standard`: usual values, for any rate. `sphinx`: CMU Sphinx's front end for 16 kHz. */
export type Preset = 'standard' | 'sphinx';

export interface LogMelOptions extends SpectrumOptions, MelOptions {
  /** Default 'standard'. */
  preset?: Preset;
  /** Filter energies at or below it give `floorLog`. Default 1e-10, less than the noise of 16-bit sound leaves. */
  floor?: number;
  /** Default: the natural logarithm of `floor`. */
  floorLog?: number;
}

/**
 * Scalings of the discrete cosine transform Σⱼ xⱼ cos(πk(j + ½)/N) of N filters: `orthonormal` by √(2/N), and √(1/N)
 * for k = 0; `htk` by √(2/N) for all k; `legacy` by 1/N, the first filter counting half (early Sphinx).
 */
export type DctForm = 'orthonormal' | 'htk' | 'legacy';

export interface MfccOptions extends LogMelOptions {
  /** Cepstral coefficients, c₀ the first; no more than filters. Default 13. */
  coefficients?: number;
  /** Default 'orthonormal'. */
  dct?: DctForm;
  /** L of the sine lifter, 1 + L/2 · sin(πk/L); 22 in HTK. Default 0: none. */
  lifter?: number;
}

type Defaults = Omit<MfccOptions, 'sampleRate'>;

/** SphinxBase's early front end, with the parameters of its 16 kHz acoustic models. */
const SPHINX: Defaults = {
  windowSeconds: 410 / 16_000,
  hopSeconds: 0.01,
  window: 'hamming',
  // Held in single precision there; it shows where pre-emphasis takes nearly all of a sound.
  preEmphasis: Math.fround(0.97),
  spectrum: 'power',
  scale: 32_768,
  padding: 'last',
  filters: 40,
  lowHz: 130,
  highHz: 6800,
  unitArea: true,
  roundEdges: true,
  floor: 0,
  floorLog: -10,
  coefficients: 13,
  dct: 'legacy',
};

const DEFAULTS: Record<Preset, Record<'mfcc' | 'logMel', Defaults>> = {
  standard: { mfcc: { window: 'hamming', preEmphasis: 0.97 }, logMel: { window: 'hann', preEmphasis: 0 } },
  sphinx: { mfcc: SPHINX, logMel: SPHINX },
};

/** The preset's options, overridden by those given. @throws UsageError for a preset that is none */
export function presetOptions<Options extends LogMelOptions>(
  type: 'mfcc' | 'logMel',
  options: Options,
): Options {
  const { preset = 'standard' } = options;
  checkChoice('preset', preset, Object.keys(DEFAULTS));
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  // A floor that is given stands for itself: the preset's logarithm of its own floor is not for it.
  const floorLog = options.floor === undefined ? {} : { floorLog: undefined };
  return { ...DEFAULTS[preset][type], ...floorLog, ...given } as Options;
}
