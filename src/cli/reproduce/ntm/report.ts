import { join } from 'node:path';
import type { AlgorithmName } from '../../../data/algorithms.ts';
import { writeFileAtomic } from '../../../formats/atomic.node.ts';
import { curveSvg } from '../../../plots/index.ts';
import { bitsShown } from '../../algorithm/evaluation.ts';
import { sizesShown } from '../../algorithm/sizes.ts';
import { duration } from '../../console.ts';
import { versions } from '../../versions.ts';
import { REPORT_FILES } from './folder.ts';
import { type MeasuredRun, THRESHOLD } from './measured.ts';
import { type NtmRun, sequencesOf } from './recipe.ts';

export interface NtmReport {
  readonly task: AlgorithmName;
  readonly runs: readonly NtmRun[];
  readonly measured: readonly MeasuredRun[];
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Leaves table.md, curves.svg and results.json in the folder. */
export async function writeReport(
  report: NtmReport,
  folder: string,
): Promise<{ text: string; json: string; files: string[] }> {
  const { task, measured, runs, facts } = report;
  const said = findings(report);
  const conditions = conditionsOf(report);
  const text = [conditions, tableOf(measured), said].map((lines) => lines.join('\n')).join('\n\n');
  const results = {
    reproduces: 'Graves, Wayne, Danihelka 2014 (arXiv:1410.5401), section 4',
    task,
    ...facts,
    threshold: THRESHOLD,
    conditions,
    versions: versions(),
    runs: measured,
    unfinished: runs.length - measured.filter(({ tests }) => tests).length,
    findings: said,
  };
  const json = JSON.stringify(results, null, 2);
  const contents = { table: text, curves: figure(task, measured), results: json };
  const files: string[] = [];
  for (const [name, file] of Object.entries(REPORT_FILES)) {
    files.push(join(folder, file));
    await writeFileAtomic(join(folder, file), `${contents[name as keyof typeof contents]}\n`);
  }
  return { text, json, files };
}

/** What is compared, in words for the reader. */
function conditionsOf({ task, runs }: NtmReport): string[] {
  const [{ recipe }] = runs;
  const { training, model, data } = recipe;
  const sequences = (training.maxSteps ?? 0) * sequencesOf(training);
  const baseline = runs.find(({ kind }) => kind === 'lstm')?.recipe.model;
  const machine =
    model.type === 'ntm'
      ? `controller ${model.controller} of ${model.hidden}, ${model.locations} locations of ${model.width}, ${model.readHeads} read and ${model.writeHeads} write heads`
      : '';
  return [
    `Task: ${task}; ${sequences.toLocaleString('en')} training sequences a run, batches of ${sequencesOf(training)}.`,
    `NTM: ${machine}; ${runs.filter(({ kind }) => kind === 'ntm').length} seeds.`,
    ...(baseline?.type === 'lstm'
      ? [`LSTM: ${baseline.layers} layers of ${baseline.hidden}, the same data and batches, one seed.`]
      : []),
    `Validated on ${data.validation.sequences} sequences of their own, tested on ${data.test.sequences} others of each size, with the checkpoint that was best at validation.`,
  ];
}

/** A Markdown table: a row a run. */
function tableOf(measured: readonly MeasuredRun[]): string[] {
  const sizes = measured.find(({ tests }) => tests)?.tests ?? [];
  const hasOptimum = sizes.some(({ optimalBits }) => optimalBits !== undefined);
  const head = [
    'run',
    `below ${THRESHOLD} bits after`,
    ...sizes.slice(0, 1).map(() => 'bits a sequence'),
    ...(hasOptimum ? ['optimal'] : []),
    ...sizes.map(({ sizes }) => `bit errors, ${sizesShown(sizes)}`),
    'training',
  ];
  const rows = measured.map((run) => {
    const { name, reached, tests, failed, trainingSeconds } = run;
    const [first] = tests ?? [];
    return [
      name,
      reached === null ? '–' : `${reached.toLocaleString('en')} sequences`,
      ...sizes.slice(0, 1).map(() => (first ? bitsShown(first.bits) : '–')),
      ...(hasOptimum ? [first?.optimalBits === undefined ? '–' : bitsShown(first.optimalBits)] : []),
      ...sizes.map((_, i) => (tests ? `${tests[i].bitErrors.toFixed(2)} %` : '–')),
      failed ?? (trainingSeconds === undefined ? 'not finished' : duration(trainingSeconds)),
    ];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/** What the table says, counted. A run that failed, or is not finished, counts as one that did not reach it. */
function findings({ task, runs, measured }: NtmReport): string[] {
  const machines = measured.filter(({ kind }) => kind === 'ntm');
  const seeds = runs.filter(({ kind }) => kind === 'ntm').length;
  const unfinished = runs.length - measured.filter(({ tests, failed }) => tests || failed).length;
  const reached = machines
    .flatMap((run) => (run.reached === null ? [] : [run.reached]))
    .sort((a, b) => a - b);
  const said: string[] = [];
  if (unfinished > 0) said.push(`Not finished yet: ${unfinished} of ${runs.length} runs.`);
  if (task !== 'dynamicNgrams') {
    said.push(
      `Below ${THRESHOLD} bits a sequence: ${reached.length} of ${seeds} seeds` +
        (reached.length > 0
          ? `, after ${reached[0].toLocaleString('en')} to ${reached[reached.length - 1].toLocaleString('en')} sequences.`
          : '.'),
    );
  }
  const long = machines[0]?.tests?.findIndex(({ sizes }) => sizes.length === LONG) ?? -1;
  if (task === 'copy' && long >= 0) {
    const errors = machines.flatMap(({ tests }) => (tests ? [tests[long].bitErrors] : []));
    const within = errors.filter((error) => error <= 1).length;
    said.push(`At most 1 % bit errors at length ${LONG}: ${within} of ${seeds} seeds.`);
  }
  if (task === 'copy' && seeds < 10) {
    said.push(`What at least 9 of 10 seeds do needs --seeds 10; these are ${seeds}.`);
  }
  return said;
}

const LONG = 120;

/** Figure 3 of the paper: cost of a sequence against sequences trained on; logarithmic, to see the ends. */
function figure(task: AlgorithmName, measured: readonly MeasuredRun[]): string {
  const optimal = measured.find(({ tests }) => tests)?.tests?.[0].optimalBits;
  const last = Math.max(0, ...measured.flatMap(({ curve }) => curve.map(({ sequences }) => sequences)));
  return curveSvg({
    title: `Learning curves: ${task}`,
    series: [
      ...measured.map(({ name, kind, curve }) => ({
        name,
        dashed: kind === 'lstm',
        points: curve.map(({ sequences, bits }) => [sequences, bits] as const),
      })),
      ...(optimal === undefined
        ? []
        : [
            {
              name: 'optimal',
              dashed: true,
              points: [
                [0, optimal],
                [last, optimal],
              ] as const,
            },
          ]),
    ].map((series) => ({ ...series, points: [...series.points] })),
    xLabel: 'sequences trained on',
    yLabel: 'cost of a sequence (bits)',
    logY: task !== 'dynamicNgrams',
  });
}
