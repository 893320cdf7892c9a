import { type Command, Option } from 'commander';
import { readTsv } from '../../data/corpus.node.ts';
import { type EnsembleMean, LENGTH_PENALTY_FORMS, type LengthPenaltyForm } from '../../decoding/index.ts';
import { UsageError } from '../../errors.ts';
import type { TranslationRecipe } from '../../formats/index.ts';
import type { TranslateOptions } from '../../tasks/translator.ts';
import { integerOption, type NumberRange, numberOption } from '../console.ts';
import { addSpeechSearchOptions } from '../speech/search.ts';
import { addEnsembleOptions } from './ensemble.ts';

/** What `addDecodingOptions` adds: how to search, and for what. */
export interface DecodingFlags {
  readonly beam?: number;
  readonly nBest?: number;
  readonly lengthPenalty?: number;
  readonly lengthPenaltyForm?: LengthPenaltyForm;
  readonly coveragePenalty?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** n of `--no-repeat n`; true without, as commander has it for all names that begin with no */
  readonly repeat?: number | true;
  readonly prefix?: string;
  readonly require?: string[];
  readonly forbid?: string[];
  readonly diverseGroups?: number;
  readonly diversity?: number;
  readonly sample?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly ensembleMean?: EnsembleMean;
  readonly replaceUnknown?: boolean;
  readonly dictionary?: string;
  /** false with `--no-unknown`; true without */
  readonly unknown?: boolean;
}

export function addDecodingOptions(command: Command): Command {
  const number = (flags: string, what: string, range?: NumberRange) =>
    command.option(flags, what, numberOption(flags.split(' ')[0], range));
  const integer = (flags: string, what: string, minimum = 1) =>
    command.option(flags, what, integerOption(flags.split(' ')[0], minimum));
  command.optionsGroup('Search (default: as in the recipe):');
  integer('--beam <n>', 'hypotheses kept at each step; 1 is greedy search');
  integer(
    '--n-best <n>',
    'so many translations of each text, fewer where the beam finds fewer; without --beam it is as wide at least',
  );
  number('--length-penalty <alpha>', 'log-probability is divided by length to this power');
  command.addOption(
    new Option('--length-penalty-form <form>', 'the length itself, or (5 + length) / 6').choices(
      LENGTH_PENALTY_FORMS,
    ),
  );
  number('--coverage-penalty <beta>', 'weight of the coverage penalty of GNMT');
  integer('--min-length <n>', 'fewest tokens', 0);
  integer('--max-length <n>', 'tokens after which a translation is cut');
  integer('--diverse-groups <n>', 'diverse beam search in so many groups; they divide the beam');
  number('--diversity <nats>', 'its strength (default: 0.5)');
  addSpeechSearchOptions(command);
  command.optionsGroup('Constraints:');
  integer('--no-repeat <n>', 'say no sequence of n tokens twice');
  command
    .option('--prefix <text>', 'what every translation begins with')
    .option('--require <phrase...>', 'phrases that every translation contains')
    .option('--forbid <phrase...>', 'phrases that no translation contains');
  command.optionsGroup('Sampling:');
  integer('--sample <n>', 'draw so many translations of each text, instead of searching');
  number('--temperature <t>', 'divides log-probabilities (default: 1)', positive);
  integer('--top-k <k>', 'only from the k most probable tokens');
  number('--top-p <p>', 'only from the most probable tokens that together have probability p', probability);
  integer('--seed <n>', 'equal seeds draw the same (default: 1)', 0);
  command.optionsGroup('Models and words:');
  addEnsembleOptions(command)
    .option(
      '--replace-unknown',
      'write for each <unk> the source token it attends to most (default: as in the recipe)',
    )
    .option('--no-replace-unknown', 'leave <unk> as it is')
    .option('--no-unknown', 'never say <unk>: the best without it (default: as in the recipe)')
    .option(
      '--dictionary <file.tsv>',
      'what to write instead: source token TAB word a line; replaces unknown words',
    );
  return command;
}

const positive: NumberRange = { expected: 'a number above 0', holds: (value) => value > 0 };
const probability: NumberRange = {
  expected: 'a number above 0 and at most 1',
  holds: (value) => value > 0 && value <= 1,
};

/** What the flags ask of a translator, over what the recipe does. @throws UsageError for flags without their companion */
export async function decodingOptions(
  flags: DecodingFlags,
  recipe: TranslationRecipe['decoding'],
): Promise<TranslateOptions> {
  const { sample, temperature, topK, topP, seed, repeat, dictionary } = flags;
  const { beam, ...others } = recipe;
  needs(flags, ['temperature', 'topK', 'topP', 'seed'], 'sample');
  needs(flags, ['diversity'], 'diverseGroups');
  refuseBesideSampling(flags);
  if (flags.beam !== undefined && flags.nBest !== undefined && flags.nBest > flags.beam) {
    throw new UsageError(
      `--n-best ${flags.nBest} with --beam ${flags.beam}`,
      'at most as many translations as the beam holds',
      'Widen the beam, or leave --beam out.',
    );
  }
  const given = {
    lengthPenalty: flags.lengthPenalty,
    lengthPenaltyForm: flags.lengthPenaltyForm,
    coveragePenalty: flags.coveragePenalty,
    minLength: flags.minLength,
    maxLength: flags.maxLength,
    noRepeat: typeof repeat === 'number' ? repeat : undefined,
    prefix: flags.prefix,
    require: flags.require,
    forbid: flags.forbid,
    diverseGroups: flags.diverseGroups,
    diversity: flags.diversity,
    nBest: flags.nBest,
    replaceUnknown: flags.replaceUnknown,
    ...(sample !== undefined && { sampling: { samples: sample, temperature, topK, topP, seed } }),
  };
  const replaces = flags.replaceUnknown === true || dictionary !== undefined;
  if (flags.unknown === false && replaces) {
    throw new UsageError(
      `--no-unknown with ${dictionary === undefined ? '--replace-unknown' : '--dictionary'}`,
      'unknown words that are never said, or that are replaced',
      'Leave one of the two out.',
    );
  }
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  // Sampling has no beam; the recipe's is at least as wide as what is wanted of it.
  const width = sample === undefined ? (flags.beam ?? Math.max(beam, flags.nBest ?? 1)) : undefined;
  return {
    ...others,
    ...said,
    ...(width !== undefined && { beam: width }),
    // Each flag takes the place of what the recipe does about unknown words.
    ...(replaces && { noUnknown: false }),
    ...(flags.unknown === false && { noUnknown: true, replaceUnknown: false }),
    ...(dictionary !== undefined && { replaceUnknown: await readDictionary(dictionary, flags) }),
  };
}

function needs(
  flags: DecodingFlags,
  names: readonly (keyof DecodingFlags)[],
  companion: keyof DecodingFlags,
): void {
  const given = names.filter((name) => flags[name] !== undefined);
  if (given.length === 0 || flags[companion] !== undefined) return;
  throw new UsageError(
    `${given.map(flagOf).join(' and ')} without ${flagOf(companion)}`,
    'both',
    `Add ${flagOf(companion)}, or leave ${given.length > 1 ? 'them' : 'it'} out.`,
  );
}

/** Refuses flags of searching for the best where samples are asked for. */
function refuseBesideSampling(flags: DecodingFlags): void {
  if (flags.sample === undefined) return;
  const given = (['beam', 'nBest', 'diverseGroups', 'require'] as const).filter(
    (name) => flags[name] !== undefined,
  );
  if (given.length === 0) return;
  throw new UsageError(
    `${given.map(flagOf).join(' and ')} with --sample`,
    'a search for the best, or samples',
    'Leave one of the two out.',
  );
}

/** Source words and what stands for them; of several lines for one word the first counts. */
async function readDictionary(
  path: string,
  { replaceUnknown }: DecodingFlags,
): Promise<ReadonlyMap<string, string>> {
  if (replaceUnknown === false) {
    throw new UsageError('--dictionary with --no-replace-unknown', 'one of them', 'Leave one out.');
  }
  const pairs = await readTsv(path);
  return new Map(pairs.reverse().map(({ source, target }) => [source, target]));
}

/** As it is written: `lengthPenalty` is `--length-penalty`. */
export const flagOf = (name: string): string =>
  name === 'repeat' || name === 'unknown'
    ? `--no-${name}`
    : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** What is undefined when it is not given, the mean of an ensemble aside. */
const SEARCH_FLAGS = [
  'beam',
  'nBest',
  'lengthPenalty',
  'lengthPenaltyForm',
  'coveragePenalty',
  'minLength',
  'maxLength',
  'prefix',
  'require',
  'forbid',
  'diverseGroups',
  'diversity',
  'sample',
  'temperature',
  'topK',
  'topP',
  'seed',
  'replaceUnknown',
  'dictionary',
] as const satisfies readonly (keyof DecodingFlags)[];

/** Names of all that `addDecodingOptions` adds for text. */
export const DECODING_FLAGS: readonly (keyof DecodingFlags)[] = [
  ...SEARCH_FLAGS,
  'repeat',
  'unknown',
  'ensembleMean',
];

/** Refuses flags of searching where targets are given. */
export function refuseSearch(flags: DecodingFlags): void {
  const given = [
    ...SEARCH_FLAGS.filter((name) => flags[name] !== undefined),
    ...(typeof flags.repeat === 'number' ? ['repeat'] : []),
    ...(flags.unknown === false ? ['unknown'] : []),
  ];
  if (given.length === 0) return;
  throw new UsageError(
    `${given.map(flagOf).join(' and ')} with --target`,
    'given targets, which are scored as they are, or a search',
    'Leave one of the two out.',
  );
}
