import { type MemoryMap, memorySvg, type ReportSection } from '../../plots/index.ts';
import type { RunContent } from '../../tasks/content.ts';
import { meanError } from '../../tasks/questionsExperiment.ts';
import type { Sample } from '../../training/index.ts';
import type { TaskReport } from '../door.ts';
import type { Results } from '../report/stored.ts';
import { isJoint } from './data.ts';
import { PAPER, paperError, type TaskRow } from './table.ts';

/** Of runs that answer questions: what was read for some, errors task by task, answers that were surest and wrong. */
export const questionsReport: TaskReport = {
  lossUnit: 'nats an answer',
  samplesNote: 'The same questions of the validation data at every validation.',

  told({ output, references, probability }) {
    const right = references.includes(output) ? '✓' : `(right: ${references.join(', ')})`;
    return `${output} ${right}${probability === undefined ? '' : `, probability ${probability.toFixed(2)}`}`;
  },

  draw({ shown }) {
    const map = shown as Partial<MemoryMap>;
    if (!map.facts || !map.weights || map.question === undefined || map.answer === undefined)
      return undefined;
    return memorySvg(map as MemoryMap);
  },

  results({ tasks }: Results, { recipe }: RunContent): ReportSection[] {
    if (recipe.task !== 'questions' || !Array.isArray(tasks) || !tasks.every(isRow)) return [];
    return [errorSection('Error by task (test data)', tasks, isJoint(recipe.data))];
  },

  examples(samples: readonly Sample[], { recipe }: RunContent): ReportSection[] {
    if (recipe.task !== 'questions') return [];
    return [wrongByTask(samples), surestWrong(samples)];
  },
};

const isRow = (row: unknown): row is TaskRow => {
  const { name, error, questions } = (row ?? {}) as Partial<TaskRow>;
  return typeof name === 'string' && typeof error === 'number' && typeof questions === 'number';
};

/** @param joint whether one model answered them all */
function errorSection(heading: string, rows: readonly TaskRow[], joint: boolean): ReportSection {
  const papers = rows.map(({ task }) => paperError(task, joint));
  const known = papers.filter((error) => error !== undefined);
  const hasPaper = known.length === rows.length;
  const cells = (name: string, error: number, paper: number | undefined, questions: number) => [
    name,
    error.toFixed(1),
    ...(hasPaper ? [paper?.toFixed(1) ?? ''] : []),
    questions,
  ];
  const several = rows.length > 1;
  const total = rows.reduce((sum, { questions }) => sum + questions, 0);
  const paperMean = known.reduce((sum, error) => sum + error, 0) / rows.length;
  return {
    heading,
    ...(hasPaper && {
      note: `${PAPER[0].toUpperCase()}${PAPER.slice(1)}, ${joint ? 'all tasks jointly' : 'each task alone'} (PE LS RN).`,
    }),
    table: {
      columns: ['task', 'error %', ...(hasPaper ? ['paper %'] : []), 'questions'],
      numbers: [1, ...(hasPaper ? [2] : [])],
      rows: [
        ...rows.map(({ name, error, questions }, i) => cells(name, error, papers[i], questions)),
        ...(several ? [cells('mean', meanError(rows), paperMean, total)] : []),
      ],
    },
  };
}

/** Which answers were given instead of the right one, task by task. */
function wrongByTask(samples: readonly Sample[]): ReportSection {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const group = groups.get(sample.group ?? 'all') ?? [];
    group.push(sample);
    groups.set(sample.group ?? 'all', group);
  }
  return {
    heading: 'Answers by task',
    table: {
      columns: ['task', 'questions', 'error %', 'probability of the answer', 'most often wrong'],
      numbers: [2, 3],
      rows: [...groups].map(([name, group]) => {
        const wrong = group.filter(isWrong);
        const sure = group.reduce((sum, { probability = 0 }) => sum + probability, 0) / group.length;
        return [
          name,
          group.length,
          ((100 * wrong.length) / group.length).toFixed(1),
          sure.toFixed(2),
          mostOften(wrong.map(({ output, references }) => `${output} for ${references.join(', ')}`)),
        ];
      }),
    },
  };
}

const OFTEN = 3;

function mostOften(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const most = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, OFTEN);
  return most.map(([text, n]) => (n > 1 ? `${text} (${n})` : text)).join(' · ') || '–';
}

export const isWrong = ({ output, references }: Sample): boolean => !references.includes(output);

const WORST = 10;

/** Wrong answers, those first that the model was surest of. */
export const surest = (samples: readonly Sample[]): Sample[] =>
  samples.filter(isWrong).sort((a, b) => (b.probability ?? 0) - (a.probability ?? 0));

function surestWrong(samples: readonly Sample[]): ReportSection {
  const wrong = surest(samples);
  const heading = `Worst of ${samples.length}`;
  if (wrong.length === 0) return { heading, text: 'All are right.' };
  return {
    heading,
    note: `${samples.length - wrong.length} of ${samples.length} are right. Of the wrong answers those that the model was surest of.`,
    table: {
      columns: ['probability', 'question', 'answered', 'right'],
      numbers: [0],
      rows: wrong
        .slice(0, WORST)
        .map(({ probability = 0, source, output, references }) => [
          probability.toFixed(2),
          source,
          output,
          references.join(', '),
        ]),
    },
  };
}
