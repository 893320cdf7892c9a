import { type OpenedBundle, openBundle } from 'heed';
import type { ModelInfo, PageCalls } from '../calls.ts';
import { backend } from './place.ts';

/** A model in the worker. */
export interface Held {
  readonly info: ModelInfo;
  readonly model: Pick<OpenedBundle, 'content' | 'weights'>;
  /** what its task predicts with; a model that was trained here has none */
  readonly bundle?: OpenedBundle;
}

const held = new Map<number, Held>();

export async function openModel(argument: PageCalls['open']['argument']): Promise<ModelInfo> {
  const bytes = 'bytes' in argument ? argument.bytes : await fetchBytes(argument.url);
  const bundle = await openBundle(bytes, await backend(), { name: argument.name, schema: RECIPE_SCHEMA });
  return keep(argument.name, bundle, { bundle, bytes: bytes.length, licence: bundle.about.licence });
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The model could not be loaded (${response.status}). Reload the page.`);
  return new Uint8Array(await response.arrayBuffer());
}

export function keep(
  name: string,
  model: Held['model'],
  about: { bundle?: OpenedBundle; bytes: number; licence?: string },
): ModelInfo {
  const { content, weights } = model;
  const { bundle, bytes, licence } = about;
  const { type } = content.recipe.model;
  const info: ModelInfo = {
    id: held.size + 1,
    name,
    task: content.task,
    type,
    attends: type !== 'rnnenc' && type !== 'ctc',
    parameters: weights.parameters.length,
    bytes,
    licence,
    ...particulars(content),
  };
  held.set(info.id, { info, model, bundle });
  return info;
}

/** What a view needs to know of a model of its task. */
function particulars(content: OpenedBundle['content']): Pick<ModelInfo, 'subwords' | 'picture'> {
  if (content.task === 'translation') {
    const { source, target } = content.recipe;
    return { subwords: { source: source.tokens === 'bpe', target: target.tokens === 'bpe' } };
  }
  if (content.task !== 'captions') return {};
  const { picture, data } = content.recipe;
  const { width, height, channels } = picture;
  return { picture: { width, height, channels, drawings: 'drawings' in data.train } };
}

export function modelOf(id: number): Held {
  const found = held.get(id);
  if (found === undefined) throw new Error('This model is not open any more. Choose it again.');
  return found;
}

/** What a model of a task predicts with. @throws Error for a model of another task */
export function openedAs<Task extends OpenedBundle['task']>(
  id: number,
  task: Task,
  does: string,
): Extract<OpenedBundle, { task: Task }> {
  const { bundle, info } = modelOf(id);
  if (bundle?.task === task) return bundle as Extract<OpenedBundle, { task: Task }>;
  throw new Error(
    `${info.name} is a model of the task ${info.task}; one that ${does} is needed. Choose another.`,
  );
}
