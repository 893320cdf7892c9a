import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Place } from './calls.ts';
import { call } from './engine.ts';
import { loadList } from './models.ts';
import { Compare } from './views/compare.tsx';
import { Train } from './views/train.tsx';
import { Translate } from './views/translate.tsx';

const VIEWS: readonly (readonly [id: string, name: string, view: ComponentType])[] = [
  ['translate', 'Translate', Translate],
  ['train', 'Train', Train],
  ['compare', 'Compare', Compare],
];

const view = signal(viewOf(location.hash));
const place = signal<Place | undefined>(undefined);
const problem = signal<string | undefined>(undefined);

function viewOf(hash: string): string {
  const id = hash.replace(/^#/, '');
  return VIEWS.some(([name]) => name === id) ? id : VIEWS[0][0];
}

export function App() {
  useEffect(() => {
    const follow = () => {
      view.value = viewOf(location.hash);
    };
    addEventListener('hashchange', follow);
    void loadList();
    call('place', undefined).then(
      (found) => {
        place.value = found;
      },
      (error: Error) => {
        problem.value = error.message;
      },
    );
    return () => removeEventListener('hashchange', follow);
  }, []);
  const [, , View] = VIEWS.find(([id]) => id === view.value) ?? VIEWS[0];
  return (
    <>
      <header class="page">
        <h1>
          Heed <small>see what it attends to</small>
        </h1>
        <nav aria-label="Views">
          {VIEWS.map(([id, name]) => (
            <a key={id} href={`#${id}`} aria-current={id === view.value ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
      </header>
      <main>
        {problem.value && (
          <p class="problem" role="alert">
            {problem.value}
          </p>
        )}
        <View />
      </main>
      <footer>
        {place.value &&
          `Computed in this page with ${place.value.threads} ${place.value.threads === 1 ? 'thread' : 'threads'}${
            place.value.isolated ? '' : ' (the server does not isolate this page, so there is only one)'
          }. Nothing you type or drop leaves it.`}
      </footer>
    </>
  );
}
