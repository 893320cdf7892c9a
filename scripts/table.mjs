// Writes the README's table of results between <!-- results --> and <!-- /results -->, from the records in results/,
// the published figures in results/published.json and, where it is there, results/speed.json.
//   node scripts/table.mjs            writes README.md
//   node scripts/table.mjs --check    writes nothing; exit code 1 when README.md is not up to date
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const folder = 'results';
const begin = '<!-- results -->';
const end = '<!-- /results -->';

/** What arrived, what was expected, what to do. */
class Wrong extends Error {}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Wrong(`${path}, which cannot be read (${error.code ?? error.message}); expected JSON`);
  }
}

const transforms = { none: (x) => x, percent: (x) => 100 * x, errorPercent: (x) => 100 * (1 - x) };

/** A value at a path such as metrics.bleu, or Wrong. */
function take(record, path, type) {
  const found = path.split('.').reduce((value, key) => value?.[key], record);
  if (type === 'number' ? Number.isFinite(found) : typeof found === type && found !== '') return found;
  const has = path.startsWith('metrics.')
    ? ` (metrics: ${Object.keys(record.metrics ?? {}).join(', ')})`
    : '';
  throw new Wrong(
    `${record.path} has no ${path}${has}; expected a ${type}. Record it anew with scripts/record.mjs, or correct results/published.json.`,
  );
}

/** The runs of a task, by seed: NAME.json and NAME-seedN.json. */
function recordsOf({ name }, files) {
  const seeds = files.filter((f) => new RegExp(`^${name}-seed\\d+\\.json$`).test(f));
  const own = [...files.filter((f) => f === `${name}.json`), ...seeds];
  const records = own.map((f) => ({ path: join(folder, f), ...readJson(join(folder, f)) }));
  if (own.length > 0 && !own.includes(`${name}.json`)) {
    throw new Wrong(`${join(folder, own[0])} without ${join(folder, `${name}.json`)}; expected that too`);
  }
  if (records.length < 2 && records[0]?.evaluation) return records;
  const runs = records.map((record) => {
    const { seed = 1, ...recipe } = parse(take(record, 'recipe', 'string'));
    return { ...record, seed, same: JSON.stringify([recipe, record.signature, record.decoding]) };
  });
  runs.sort((a, b) => a.seed - b.seed);
  for (const [i, run] of runs.entries()) {
    if (run.same !== runs[0].same) {
      throw new Wrong(
        `${run.path} is of another recipe, decoding or metric than ${runs[0].path}; expected another seed only`,
      );
    }
    if (i > 0 && run.seed === runs[i - 1].seed) {
      throw new Wrong(`${run.path} has seed ${run.seed}, as ${runs[i - 1].path}; expected another`);
    }
  }
  return runs;
}

const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const deviation = (numbers) => {
  const middle = mean(numbers);
  return Math.sqrt(numbers.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (numbers.length - 1));
};

/** The figure, with its spread where there are several seeds, and what of the signature tells what was compared. */
function figureOf(task, records) {
  const { metric, label, decimals, signature = [] } = task;
  const transform = transforms[task.transform];
  if (transform === undefined) {
    const valid = Object.keys(transforms).join(', ');
    throw new Wrong(
      `results/published.json: transform ${task.transform} of ${task.name}; expected one of ${valid}`,
    );
  }
  const values = records.map((record) => transform(take(record, `metrics.${metric}`, 'number')));
  const spread = values.length > 1 ? ` ± ${deviation(values).toFixed(decimals)}` : '';
  const essentials = signature.map((name) => {
    const part = take(records[0], 'signature', 'string')
      .split('|')
      .find((p) => p.startsWith(`${name}:`));
    if (part) return part;
    throw new Wrong(`${records[0].path}: signature ${records[0].signature}; expected ${name}: in it`);
  });
  return `**${mean(values).toFixed(decimals)}${spread}** ${label}${essentials.length > 0 ? ` (${essentials.join(', ')})` : ''}`;
}

/** 12.1 M, 246 k */
function parametersOf(records) {
  const count = take(records[0], 'parameters', 'number');
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} M` : `${(count / 1e3).toFixed(0)} k`;
}

function duration(seconds) {
  if (seconds < 59.5) return `${seconds.toFixed(0)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Wall time and threads; an evaluation trains nothing. */
function trainingOf(records) {
  if (records[0].evaluation) return '';
  const seconds = mean(records.map((record) => take(record, 'trainingSeconds', 'number')));
  const threads = new Set(
    records.map(({ machine, command }) => machine?.threads ?? /--threads[ =](\d+)/.exec(command ?? '')?.[1]),
  );
  const on = [...threads].filter(Boolean).join(' or ');
  const each = records.length > 1 ? ' each' : '';
  return `${duration(seconds)}${each}, ${on ? `${on} ${on === '1' ? 'thread' : 'threads'}` : 'threads not recorded'}`;
}

function speedOf({ name, recipe = name }, speed) {
  const found = speed?.recipes?.[recipe];
  if (found === undefined) return '';
  const rate = `${Math.round(found.heed.tokensPerSecond).toLocaleString('en-US')} tokens/s`;
  return found.timesPeer === undefined
    ? `${rate} (${found.peer.skipped})`
    : `${rate}, **${found.timesPeer.toFixed(1)} ×** PyTorch ${found.peer.torch.replace(/\.0a0$/, '')}`;
}

/** The table, and what stands below it; `say` is told of tasks without a record. */
function section(say) {
  const { tasks, reproduced } = readJson(join(folder, 'published.json'));
  const speedFile = join(folder, 'speed.json');
  const speed = existsSync(speedFile) ? readJson(speedFile) : undefined;
  const files = readdirSync(folder)
    .filter((f) => f.endsWith('.json') && f !== 'published.json')
    .sort();
  const rows = tasks.map((task) => ({ task, records: recordsOf(task, files) }));
  const shown = rows.filter(({ records }) => records.length > 0);
  for (const { task } of rows.filter(({ records }) => records.length === 0)) {
    say(`no ${join(folder, `${task.name}.json`)}: not in the table`);
  }
  const known = new Set(shown.flatMap(({ records }) => records.map((record) => record.path)));
  const strange = files.map((f) => join(folder, f)).find((f) => !known.has(f) && readJson(f).metrics);
  if (strange) throw new Wrong(`${strange}, which no task in results/published.json names; expected one`);

  const notes = [];
  const published = ({ figure, system, parameters, source, note }) => {
    const mark = note === undefined ? '' : `<sup>${notes.push(`${figure}, ${system}: ${note}.`)}</sup>`;
    return `${figure}${mark} [${system}](${source})${parameters ? `, ${parameters}` : ''}`;
  };
  const withSpeed = shown.some(({ task }) => speedOf(task, speed) !== '');
  const cells = shown.map(({ task, records }) => {
    const recipe = `recipes/${task.recipe ?? task.name}.yaml`;
    return [
      `[${task.title}](${recipe})`,
      figureOf(task, records),
      parametersOf(records),
      trainingOf(records),
      records[0].evaluation ? '' : records.map(({ seed }) => seed).join(', '),
      ...(withSpeed ? [speedOf(task, speed)] : []),
      task.published.map(published).join('<br>'),
      [`ours: ${task.ours}`, ...task.published.map((p) => `${p.figure}: ${p.differences}`)].join('<br>'),
    ].map((cell) => (cell === '' ? '–' : cell.replaceAll('|', '\\|')));
  });
  const head = [
    'task',
    'Heed',
    'parameters',
    'training',
    'seed',
    ...(withSpeed ? ['training step'] : []),
    'published',
    'tokens and casing',
  ];
  const line = (row) => `| ${row.join(' | ')} |`;
  const spread = shown.some(({ records }) => records.length > 1)
    ? ['±: standard deviation over the seeds, of one run each.']
    : [];
  const steps = withSpeed
    ? [
        'Training step: target tokens a second, against the same model in PyTorch; see [bench](bench/README.md).',
      ]
    : [];
  const below = [...spread, ...steps].join(' ');
  const tables = reproduced.map(({ command, what, source, figures, differences }) => {
    const all = Object.entries(figures).map(([name, figure]) => `${name} ${figure}`);
    return `To hold beside \`${command}\`: [${what}](${source}): ${all.join(', ')}; ${differences}.`;
  });
  return [
    [line(head), `|${'---|'.repeat(head.length)}`, ...cells.map(line)].join('\n'),
    ...(below ? [below] : []),
    ...(notes.length > 0 ? [notes.map((note, i) => `${i + 1}. ${note}`).join('\n')] : []),
    ...tables,
  ].join('\n\n');
}

function main() {
  const readme = readFileSync('README.md', 'utf8');
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Wrong(`README.md without ${begin} … ${end}; expected them`);
  const check = process.argv.includes('--check');
  const table = section(check ? () => {} : console.error);
  const written = `${readme.slice(0, from + begin.length)}\n\n${table}\n\n${readme.slice(to)}`;
  if (!check) writeFileSync('README.md', written);
  else if (written !== readme) {
    throw new Wrong('README.md is not what results/ gives: node scripts/table.mjs');
  }
}

try {
  main();
} catch (error) {
  if (!(error instanceof Wrong)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
