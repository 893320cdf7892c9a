import { UsageError } from '../../errors.ts';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import { attentionSvg } from '../../plots/index.ts';
import { openRuntime } from '../../runtime/index.ts';
import { log, out, type RuntimeFlags } from '../console.ts';
import { checkTexts } from '../input.ts';
import { openTranslator } from './open.ts';
import { attentionOf, drawing } from './predict.ts';

/** `heed inspect` of a model that translates: where it looks, for its own translation or for a given one. */
export async function inspectText(
  model: string,
  options: RuntimeFlags & {
    readonly text?: string;
    readonly target?: string;
    readonly beam?: number;
    readonly out: string;
  },
): Promise<void> {
  const { text, target, out: path } = options;
  if (text === undefined) {
    throw new UsageError('no --text with a model that translates', '--text', 'Give the source text.');
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
