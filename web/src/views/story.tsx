import { batch, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Answered } from '../calls.ts';
import { call } from '../engine.ts';
import { MemoryTable } from '../parts/memoryTable.tsx';
import { ModelFile, ModelNote, ModelSelect, Problem } from '../parts/modelChoice.tsx';
import { percent } from '../tokens.ts';
import { useModel } from '../useModel.ts';
import './senses.css';

// Kept while another view is looked at.
const story = signal('');
const question = signal('');
const answered = signal<Answered | undefined>(undefined);
const busy = signal(false);
const problem = signal<string | undefined>(undefined);
let latest = 0;

async function ask(model: number): Promise<void> {
  const turn = ++latest;
  const facts = story.value.split('\n').map((line) => line.trim());
  problem.value = undefined;
  busy.value = true;
  try {
    const found = await call('answer', {
      model,
      facts: facts.filter((fact) => fact !== ''),
      question: question.value.trim(),
    });
    if (turn === latest) answered.value = found;
  } catch (error) {
    if (turn !== latest) return;
    answered.value = undefined;
    problem.value = (error as Error).message;
  } finally {
    if (turn === latest) busy.value = false;
  }
}

/** An example: its last line is the question. */
function take(example: string): void {
  const lines = example.trim().split('\n');
  batch(() => {
    question.value = lines.pop() ?? '';
    story.value = lines.join('\n');
  });
}

const questionOf = (example: string): string => example.trim().split('\n').at(-1) ?? '';

/** Stories: sentences, a question, and which of the sentences the answer was read from. */
export function Ask() {
  const chosen = useModel('story');
  const { info, model } = chosen;
  const id = info?.id;
  const examples = model?.examples ?? [];
  useEffect(() => {
    if (id === undefined || story.value !== '' || examples.length === 0) return;
    take(examples[0]);
    void ask(id);
  }, [id, examples]);
  const found = answered.value;
  return (
    <section class="senses">
      <div class="ask">
        <ModelSelect from={chosen} />
        <ModelFile from={chosen} />
      </div>
      {examples.length > 0 && (
        <p class="examples">
          Try{' '}
          {examples.map((example) => (
            <button
              key={example}
              type="button"
              class="link"
              onClick={() => {
                take(example);
                if (id !== undefined) void ask(id);
              }}
            >
              {questionOf(example)}
            </button>
          ))}
        </p>
      )}
      <div class="telling">
        <form
          class="controls"
          onSubmit={(event) => {
            event.preventDefault();
            if (id !== undefined) void ask(id);
          }}
        >
          <label>
            Story, a sentence a line
            <textarea
              rows={9}
              value={story.value}
              spellcheck={false}
              dir="auto"
              onInput={(event) => {
                story.value = event.currentTarget.value;
              }}
            />
          </label>
          <label>
            Question
            <input
              type="text"
              value={question.value}
              autocomplete="off"
              spellcheck={false}
              dir="auto"
              onInput={(event) => {
                question.value = event.currentTarget.value;
              }}
            />
          </label>
          <p>
            <button type="submit" class="main" disabled={id === undefined}>
              Ask
            </button>
          </p>
        </form>
        <div>
          <Problem text={chosen.problem ?? problem.value} />
          <p class="answer" aria-live="polite" aria-busy={busy.value} data-testid="answered">
            <bdi>{found?.best[0]?.text ?? (busy.value || !id ? '…' : '')}</bdi>
          </p>
          {found && (
            <>
              <p class="note">to “{found.question}”</p>
              {found.unknownWords.length > 0 && (
                <p class="note">
                  The model does not know <b>{found.unknownWords.join(', ')}</b>: it reads nothing there.
                </p>
              )}
              <h2>The most probable answers</h2>
              <ol class="shares">
                {found.best.map(({ text, probability }) => (
                  <li key={text}>
                    <span class="bar" style={{ '--share': probability }} />
                    <span class="word">{text}</span>
                    <span class="number">{percent(probability)}</span>
                  </li>
                ))}
              </ol>
            </>
          )}
        </div>
      </div>
      {found && (
        <>
          <h2>What it read, hop by hop</h2>
          <MemoryTable answered={found} />
        </>
      )}
      <ModelNote from={chosen} took={found && `answered in ${found.milliseconds.toFixed(0)} ms`} />
    </section>
  );
}
