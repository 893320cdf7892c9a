import type { Command } from 'commander';
import { DataError, UsageError } from '../errors.ts';
import { bleu, exactMatch } from '../metrics/index.ts';
import { out } from './console.ts';
import { readInputLines } from './input.ts';

interface ScoreOptions {
  readonly hypotheses: string;
  readonly references: readonly string[];
  readonly metric: string;
  readonly lowercase?: boolean;
  readonly json?: boolean;
}

/** A metric's figures for `--json`, and its line of text. */
interface Scored {
  readonly figures: Readonly<Record<string, unknown>>;
  readonly line: string;
}

type Metric = (hypotheses: string[], references: string[][], lowercase: boolean) => Scored;

const METRICS: Readonly<Record<string, Metric>> = {
  bleu(hypotheses, references, lowercase) {
    const { counts: _, totals: __, ...figures } = bleu(hypotheses, references, { lowercase });
    return { figures, line: `BLEU         ${figures.score.toFixed(2)}   ${figures.signature}` };
  },
  /** Right when it equals any of its references. */
  exactMatch(hypotheses, references, lowercase) {
    const cased = (line: string) => (lowercase ? line.toLowerCase() : line);
    const said = hypotheses.map(cased);
    const closest = said.map((h, i) => {
      const given = references.map((stream) => cased(stream[i]));
      return given.find((reference) => reference === h) ?? given[0];
    });
    const figures = exactMatch(said, closest);
    return {
      figures,
      line: `exact match  ${(100 * figures.rate).toFixed(1)} %   ${figures.correct} of ${figures.total}`,
    };
  },
};

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
    .option('--lowercase', 'compare in lower case')
    .option('--json', 'all figures as one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  heed score --hypotheses translated.en --references test.en --metric bleu,exactMatch',
    )
    .action((options: ScoreOptions) => score(options));
}

async function score(options: ScoreOptions): Promise<void> {
  const names = options.metric.split(',');
  const unknown = names.find((name) => !Object.hasOwn(METRICS, name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--metric ${JSON.stringify(unknown)}`,
      `one of ${Object.keys(METRICS).join(', ')}, or several with commas between`,
      'Choose among these.',
    );
  }
  const hypotheses = await readInputLines(options.hypotheses);
  const references: string[][] = [];
  for (const path of options.references) {
    const lines = await readInputLines(path);
    if (lines.length !== hypotheses.length) {
      throw new DataError(
        `${options.hypotheses} has ${hypotheses.length} lines and ${path} has ${lines.length}`,
        'as many in both, line n of one being the reference of line n of the other',
        'Look for a missing or an extra line.',
      );
    }
    references.push(lines);
  }
  const scored = names.map((name) => METRICS[name](hypotheses, references, options.lowercase ?? false));
  if (options.json) {
    const figures = Object.fromEntries(names.map((name, i) => [name, scored[i].figures]));
    return out(JSON.stringify({ sentences: hypotheses.length, ...figures }, null, 2));
  }
  for (const { line } of scored) out(line);
}
