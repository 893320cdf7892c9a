import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Place } from './calls.ts';
import { call } from './engine.ts';
import { loadList } from './models.ts';
import { VIEWS, type ViewId } from './views.ts';

const view = signal<ViewId>(viewOf(location.hash));
/** Views that were opened; the code of the others is not loaded. */
const loaded = signal<Partial<Record<ViewId, ComponentType>>>({});
const place = signal<Place | undefined>(undefined);
const problem = signal<string | undefined>(undefined);

function viewOf(hash: string): ViewId {
  const id = hash.replace(/^#/, '');
  return VIEWS.find((known) => known.id === id)?.id ?? VIEWS[0].id;
}

function show(id: ViewId): void {
  view.value = id;
  const { name, load } = VIEWS.find((known) => known.id === id) ?? VIEWS[0];
  document.title = `${name} · Heed`;
  if (loaded.value[id]) return;
  load().then(
    (component) => {
      loaded.value = { ...loaded.value, [id]: component };
    },
    () => {
      problem.value = `The view ${name} could not be loaded. Reload the page.`;
    },
  );
}

export function App() {
  useEffect(() => {
    const follow = () => show(viewOf(location.hash));
    addEventListener('hashchange', follow);
    follow();
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
  const View = loaded.value[view.value];
  return (
    <>
      <header class="page">
        <h1>
          Heed <small>see what it attends to</small>
        </h1>
        <nav aria-label="Views">
          {VIEWS.map(({ id, name }) => (
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
        {View ? <View key={view.value} /> : <p class="note">…</p>}
      </main>
      <footer>
        {place.value &&
          `Computed in this page with ${place.value.threads} ${place.value.threads === 1 ? 'thread' : 'threads'}${
            place.value.isolated ? '' : ' (the server does not isolate this page, so there is only one)'
          }. Nothing you type, say or drop leaves it.`}
      </footer>
    </>
  );
}
