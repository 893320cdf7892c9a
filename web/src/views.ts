import type { ComponentType } from 'preact';
import type { ModelInfo } from './calls.ts';

export type ViewId = 'translate' | 'train' | 'compare' | 'speech' | 'picture' | 'story';

interface View {
  readonly id: ViewId;
  readonly name: string;
  /** of the models that it is for */
  readonly task?: ModelInfo['task'];
  readonly load: () => Promise<ComponentType>;
}

/** What the page can show. The code of a view, and of its task in the worker, is loaded when it is opened. */
export const VIEWS: readonly View[] = [
  {
    id: 'translate',
    name: 'Translate',
    task: 'translation',
    load: async () => (await import('./views/translate.tsx')).Translate,
  },
  { id: 'train', name: 'Train', load: async () => (await import('./views/train.tsx')).Train },
  { id: 'compare', name: 'Compare', load: async () => (await import('./views/compare.tsx')).Compare },
  {
    id: 'speech',
    name: 'Listen',
    task: 'speech',
    load: async () => (await import('./views/speech.tsx')).Speech,
  },
  {
    id: 'picture',
    name: 'Look',
    task: 'captions',
    load: async () => (await import('./views/picture.tsx')).Look,
  },
  { id: 'story', name: 'Ask', task: 'questions', load: async () => (await import('./views/story.tsx')).Ask },
];
