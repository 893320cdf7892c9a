import { type Command, Option } from 'commander';
import { DataError, UsageError } from '../errors.ts';
import {
  alignCharacters,
  alignWords,
  BLEU_TOKENIZERS,
  type BleuSmoothing,
  bleuMetric,
  type CorpusMetric,
  cerMetric,
  chrfMetric,
  ciderMetric,
  corpusStatistics,
  type ExactMatchFigures,
  exactMatchMetric,
  type PairedBootstrap,
  pairedBootstrap,
  perMetric,
  type ReferenceStreams,
  rougeLMetric,
  sumOf,
  terMetric,
  werMetric,
} from '../metrics/index.ts';
import { integerOption, log, out } from './console.ts';
import { readInputLines } from './input.ts';

interface ScoreOptions {
  readonly hypotheses: string;
  readonly references: readonly string[];
  readonly metric: string;
  readonly lowercase?: boolean;
  readonly tokenize?: string;
  readonly smooth?: BleuSmoothing;
  readonly smoothValue?: number;
  readonly effectiveOrder?: boolean;
  readonly sentenceLevel?: boolean;
  readonly baseline?: string;
  readonly samples?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

const METRICS: Readonly<
  Record<string, (options: ScoreOptions, references: ReferenceStreams) => CorpusMetric>
> = {
  bleu: ({ lowercase, tokenize = '13a', smooth, smoothValue, effectiveOrder, sentenceLevel }) =>
    bleuMetric({
      lowercase,
      tokenizer: BLEU_TOKENIZERS[tokenize],
      smoothing: smooth,
      smoothingValue: smoothValue,
      // As sacreBLEU does: most sentences have some order without a match.
      effectiveOrder: effectiveOrder || sentenceLevel,
    }),
  chrf: ({ lowercase }) => chrfMetric({ lowercase }),
  'chrf++': ({ lowercase }) => chrfMetric({ lowercase, wordOrder: 2 }),
  ter: () => terMetric(),
  wer: ({ lowercase }) => werMetric({ lowercase }),
  cer: ({ lowercase }) => cerMetric({ lowercase }),
  per: ({ lowercase }) => perMetric({ lowercase }),
  rougeL: ({ lowercase }) => rougeLMetric({ lowercase }),
  cider: ({ lowercase }, references) => ciderMetric(references, { lowercase }),
  exactMatch: ({ lowercase }) => exactMatchMetric({ lowercase }),
};

/** Edit operations of a sentence, for the metrics that have an order of them. */
const ALIGNMENTS: Readonly<Record<string, typeof alignWords>> = { wer: alignWords, cer: alignCharacters };

/** `heed score`: metrics of a file of translations, whoever made them. */
export function registerScore(program: Command): void {
  program
    .command('score')
    .description('measure translations against references, one a line in each file')
    .requiredOption('--hypotheses <file>', 'translations (- for standard input)')
    .requiredOption(
      '--references <files...>',
      'references; several files are several references of each line',
    )
    .option('--metric <names>', `of ${Object.keys(METRICS).join(', ')}; several with commas`, 'bleu')
    .option('--lowercase', 'compare in lower case (TER always does)')
    .addOption(
      new Option('--tokenize <name>', 'tokenizer of BLEU (default: 13a)').choices(
        Object.keys(BLEU_TOKENIZERS),
      ),
    )
    .addOption(
      new Option('--smooth <method>', 'smoothing of BLEU (default: exp)').choices([
        'exp',
        'floor',
        'add-k',
        'none',
      ]),
    )
    .option('--smooth-value <x>', 'value of floor (default: 0.1) or add-k (default: 1)', smoothValueOption)
    .option('--effective-order', 'BLEU over the orders that the translations are long enough for')
    .option('--sentence-level', 'a line of scores for every sentence; BLEU with --effective-order')
    .option('--baseline <file>', 'translations of another system: paired bootstrap against it')
    .option('--samples <n>', 'resampled corpora of the bootstrap (default: 1000)', integerOption('--samples'))
    .option('--seed <n>', 'seed of the bootstrap (default: 1)', integerOption('--seed', 0))
    .option('--json', 'all figures, at full precision, as one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  heed score --hypotheses translated.en --references test.en --metric bleu,chrf,ter' +
        '\n  heed score --hypotheses new.en --baseline old.en --references test.en --seed 7',
    )
    .action((options: ScoreOptions) => score(options));
}

function smoothValueOption(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new UsageError(`--smooth-value ${text}`, 'a number of 0 or more', 'Give one, e.g. 0.1.');
}

/** The names asked for. @throws UsageError when one is unknown, or an option has nothing to act on */
function checkUsage(options: ScoreOptions): string[] {
  const names = [...new Set(options.metric.split(',').map((name) => name.trim()))];
  const unknown = names.find((name) => !Object.hasOwn(METRICS, name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--metric ${JSON.stringify(unknown)}`,
      `one of ${Object.keys(METRICS).join(', ')}, or several with commas between`,
      'Choose among these.',
    );
  }
  const { tokenize, smooth = 'exp', smoothValue, effectiveOrder, baseline, samples, seed } = options;
  const ofBleu = { '--tokenize': tokenize, '--smooth': options.smooth, '--smooth-value': smoothValue };
  const idle = (given: Record<string, unknown>) => Object.keys(given).find((key) => given[key] !== undefined);
  const bleuOnly = names.includes('bleu')
    ? undefined
    : idle({ ...ofBleu, '--effective-order': effectiveOrder });
  if (bleuOnly !== undefined)
    throw new UsageError(`${bleuOnly} without BLEU`, 'bleu in --metric', 'Add it, or leave the option out.');
  if (smoothValue !== undefined && smooth !== 'floor' && smooth !== 'add-k') {
    throw new UsageError(
      `--smooth-value with --smooth ${smooth}`,
      '--smooth floor or --smooth add-k with it',
      'The other methods have no value: leave it out.',
    );
  }
  const bootstrapOnly = baseline === undefined ? idle({ '--samples': samples, '--seed': seed }) : undefined;
  if (bootstrapOnly !== undefined)
    throw new UsageError(
      `${bootstrapOnly} without a baseline`,
      '--baseline FILE with it',
      'Only the comparison of two systems draws samples.',
    );
  if (baseline !== undefined && options.sentenceLevel)
    throw new UsageError(
      '--baseline with --sentence-level',
      'one of them',
      'The bootstrap compares corpus scores.',
    );
  return names;
}

async function score(options: ScoreOptions): Promise<void> {
  const names = checkUsage(options);
  const hypotheses = await readInputLines(options.hypotheses);
  const references: string[][] = [];
  for (const path of options.references) {
    references.push(
      await readAligned(
        path,
        options.hypotheses,
        hypotheses.length,
        'being the reference of line n of the other',
      ),
    );
  }
  const { baseline: path } = options;
  const baseline =
    path === undefined
      ? undefined
      : await readAligned(path, options.hypotheses, hypotheses.length, 'a translation of the same sentence');

  const scored = names.map((name) => {
    const metric = METRICS[name](options, references);
    const statistics = corpusStatistics(metric, hypotheses, references);
    const figures = metric.compute(sumOf(statistics.rows));
    const paired =
      baseline &&
      pairedBootstrap(metric, statistics, corpusStatistics(metric, baseline, references), options);
    const sentences = options.sentenceLevel
      ? statistics.rows.map((row, i) => ({
          ...metric.compute(row),
          operations: options.json
            ? ALIGNMENTS[name]?.(
                hypotheses[i],
                references.map((stream) => stream[i]),
                options,
              ).operations
            : undefined,
        }))
      : undefined;
    return { name, metric, figures, signature: statistics.signature, paired, sentences };
  });

  if (options.json) {
    const all = scored.map(({ name, figures, signature, paired, sentences }) => [
      name,
      { ...figures, signature, paired, perSentence: sentences },
    ]);
    return out(JSON.stringify({ sentences: hypotheses.length, ...Object.fromEntries(all) }, null, 2));
  }
  for (const { metric, figures, signature, paired, sentences } of scored) {
    (sentences ? log : out)(line(metric.name, figures, signature));
    if (paired) out(comparison(paired));
  }
  if (options.sentenceLevel)
    for (let i = 0; i < hypotheses.length; i++)
      out(scored.map(({ sentences }) => sentences?.[i].score.toFixed(2)).join('\t'));
}

/** Lines of a file that goes with the hypotheses. @throws DataError when they are more or fewer */
async function readAligned(path: string, other: string, count: number, relation: string): Promise<string[]> {
  const lines = await readInputLines(path);
  if (lines.length === count) return lines;
  throw new DataError(
    `${other} has ${count} lines and ${path} has ${lines.length}`,
    `as many in both, line n of one ${relation}`,
    'Look for a missing or an extra line.',
  );
}

function line(name: string, figures: { readonly score: number }, signature: string): string {
  if (!('rate' in figures)) return `${name.padEnd(13)}${figures.score.toFixed(2)}   ${signature}`;
  const { score, correct, total } = figures as ExactMatchFigures;
  return `${name.padEnd(13)}${score.toFixed(1)} %   ${correct} of ${total}`;
}

function comparison({ baseline, delta, pValue, wins, samples, seed }: PairedBootstrap): string {
  const signed = (value: number) => (value < 0 ? '' : '+') + value.toFixed(2);
  const [low, high] = delta.interval.map(signed);
  return [
    `  ${'baseline'.padEnd(11)}${baseline.score.toFixed(2)}`,
    `${signed(delta.score)} (95 % ${low} to ${high})`,
    `p = ${pValue.toFixed(4)}`,
    `better in ${(100 * wins).toFixed(1)} % of ${samples} samples, seed ${seed}`,
  ].join('   ');
}
