import { findCorpusFile } from '../../data/download.node.ts';
import { readCaptionsFile } from '../../data/pictures/manifest.node.ts';
import { UsageError } from '../../errors.ts';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import { openRuntime } from '../../runtime/index.ts';
import { log, out, type RuntimeFlags } from '../console.ts';
import { readRunOf } from '../runDirectory.ts';
import { loadPictures } from './data.ts';
import { evaluateCaptions } from './evaluation.ts';

interface EvaluateOptions extends RuntimeFlags {
  readonly input?: string;
  readonly beam?: number;
  readonly hypotheses?: string;
  readonly json?: boolean;
}

/** `heed evaluate` of a model of captions: exact match, BLEU-1 to 4 and CIDEr. */
export async function evaluateCaptioner(model: string, options: EvaluateOptions): Promise<void> {
  const { recipe } = await readRunOf(model, 'captions', 'a model of captions');
  const { input, beam, json, hypotheses: path } = options;
  const test =
    input === undefined ? (await loadPictures(recipe)).test : await readCaptionsFile(findCorpusFile(input));
  if (!test) {
    throw new UsageError('a recipe without test data', 'pictures to evaluate on', 'Give --input.');
  }
  const backend = await openRuntime({ ...options, onFallback: log });
  const {
    hypotheses,
    pictures,
    samples: _,
    ...figures
  } = await evaluateCaptions(model, test, backend, { beam });
  if (path !== undefined) await writeFileAtomic(path, hypotheses.map((h) => `${h}\n`).join(''));
  if (json) return out(JSON.stringify({ ...figures, pictures: pictures.length }, null, 2));
  const { exactMatch, bleu1, bleu2, bleu3, bleu, cider } = figures.metrics;
  out(`exactly right   ${(100 * exactMatch).toFixed(1)} % of ${pictures.length}`);
  for (const [i, score] of [bleu1, bleu2, bleu3, bleu].entries()) {
    out(`BLEU-${i + 1}          ${score.toFixed(2)}`);
  }
  if (cider !== undefined)
    out(`CIDEr-D         ${cider.toFixed(2)}   (a hundred times what coco-caption prints)`);
  out(`references      ${figures.references}`);
}
