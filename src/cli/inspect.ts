import { extname } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { writeFileAtomic } from '../formats/atomic.node.ts';
import { attentionSvg } from '../plots/index.ts';
import { openRuntime } from '../runtime/index.ts';
import { addRuntimeOptions, integerOption, log, out, type RuntimeFlags } from './console.ts';
import { checkTexts } from './input.ts';
import { inspectSpeech } from './inspectSpeech.ts';
import { attentionOf, drawing } from './predict.ts';
import { openTranslator, readRun } from './runDirectory.ts';

interface InspectOptions extends RuntimeFlags {
  readonly text?: string;
  readonly audio?: string;
  readonly target?: string;
  readonly beam?: number;
  readonly out: string;
}

/** `heed inspect`: where the model looks, for its own translation or for a given one. */
export function registerInspect(program: Command): void {
  const command = program
    .command('inspect')
    .argument('<model>', 'a run directory')
    .description(
      'draw attention: source across, target down, darker for more; of speech over time, with the spectrogram',
    )
    .option('--text <text>', 'the source')
    .option('--audio <file.wav>', 'the sound, for a model of speech')
    .option(
      '--target <text>',
      "a target to align with it (default: the model's own translation or transcript)",
    )
    .option('--beam <n>', 'hypotheses kept at each step (default: as in the recipe)', integerOption('--beam'))
    .option('--out <file.svg>', 'a file to write; - draws in the terminal', '-');
  addRuntimeOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  heed inspect runs/multi30k-de-en --text "Ein Hund rennt durch den Schnee." --out map.svg' +
        '\n  heed inspect runs/an4-ctc --audio recording.wav --out heard.svg',
    )
    .action(inspect);
}

async function inspect(model: string, options: InspectOptions): Promise<void> {
  const { text, target, audio, out: path } = options;
  if (text === undefined && audio === undefined) {
    throw new UsageError('neither --text nor --audio', 'one of them', 'Give the source text, or a WAV file.');
  }
  if (path !== '-' && extname(path).toLowerCase() !== '.svg') {
    throw new UsageError(
      `--out ${path}`,
      'a file ending in .svg, or - for the terminal',
      'These are the formats there are for now.',
    );
  }
  const { task } = await readRun(model);
  if (task === 'speech') {
    if (text !== undefined || audio === undefined) {
      const given = text === undefined ? 'no --audio' : '--text';
      throw new UsageError(`${given} with a model of speech`, '--audio FILE.wav', 'Name a WAV file.');
    }
    return inspectSpeech(model, { ...options, audio });
  }
  if (audio !== undefined || text === undefined) {
    throw new UsageError(
      `${audio === undefined ? 'no --text' : '--audio'} with a model of the task ${task}`,
      '--text',
      'Give the source text.',
    );
  }
  checkTexts([text, target ?? '']);
  const backend = await openRuntime({ ...options, onFallback: log });
  const { translator, recipe } = await openTranslator(model, backend);
  try {
    const decoding = { ...recipe.decoding, beam: options.beam ?? recipe.decoding.beam };
    const found =
      target === undefined
        ? (await translator.translate([text], decoding))[0][0]
        : (await translator.align([{ source: text, target }]))[0];
    const map = attentionOf(found);
    if (map === undefined) {
      throw new UsageError(
        `${model}, a model of type ${recipe.model.type}, which has no attention`,
        'a model that attends, such as rnnsearch',
        "Train one, or use 'heed predict' for its translations.",
      );
    }
    const perToken = found.logProb / map.target.length;
    if (path === '-') {
      out(found.text);
      out(drawing(found));
    } else await writeFileAtomic(path, `${attentionSvg(map)}\n`);
    log(
      `log-probability ${found.logProb.toFixed(3)}, ${perToken.toFixed(3)} a token` +
        (path === '-' ? '' : `\n${path}: ${map.source.length} source and ${map.target.length} target tokens`),
    );
  } finally {
    await translator.dispose();
  }
}
