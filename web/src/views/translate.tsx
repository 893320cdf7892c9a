import { useEffect, useRef, useState } from 'preact/hooks';
import { AttentionMap } from '../parts/attentionMap.tsx';
import { ModelFile, ModelNote, ModelSelect, Problem } from '../parts/modelChoice.tsx';
import { Ribbons } from '../parts/ribbons.tsx';
import { useModel } from '../useModel.ts';
import { Steps } from './steps.tsx';
import { Session } from './translateState.ts';

/** Kept while another view is looked at. */
export const session = new Session();

export function Translate() {
  const chosen = useModel('translate');
  const { info, model, problem } = chosen;
  const [text, setText] = useState(session.text.value);
  /** what somebody wrote or chose before the model was there */
  const wanted = useRef<string | undefined>(undefined);
  const write = (next: string) => {
    setText(next);
    if (info === undefined) wanted.current = next;
  };
  useEffect(() => {
    if (info === undefined || session.model.value === info.id) return;
    const begun = wanted.current ?? model?.examples[0] ?? session.text.value;
    wanted.current = undefined;
    if (begun === '') return;
    setText(begun);
    void session.begin(info.id, begun);
  }, [info, model]);
  const { source, steps, selected, result, busy } = session;
  const target = steps.value.map(({ token }) => token);
  const weights = steps.value.map((step) => step.weights);
  const marked = new Set(steps.value.flatMap((step, t) => (step.forced || step.override ? [t] : [])));
  const select = (t: number) => {
    selected.value = t;
  };
  const go = (event?: Event) => {
    event?.preventDefault();
    if (info && text.trim()) void session.begin(info.id, text.trim());
  };
  return (
    <section>
      <form class="ask" onSubmit={go}>
        <ModelSelect from={chosen} />
        <label class="wide">
          Text
          <input
            type="text"
            value={text}
            onInput={(event) => write(event.currentTarget.value)}
            autocomplete="off"
            spellcheck={false}
            dir="auto"
          />
        </label>
        <button type="submit" class="main" disabled={info === undefined}>
          Translate
        </button>
        <ModelFile from={chosen} />
      </form>
      {model && model.examples.length > 0 && (
        <p class="examples">
          Try{' '}
          {model.examples.map((example) => (
            <button
              key={example}
              type="button"
              class="link"
              dir="auto"
              onClick={() => {
                write(example);
                if (info) void session.begin(info.id, example);
              }}
            >
              {example}
            </button>
          ))}
        </p>
      )}
      <Problem text={problem ?? session.problem.value} />
      <p class="answer" aria-live="polite" aria-busy={busy.value} data-testid="answer">
        <bdi>{result.value?.text ?? (busy.value || info === undefined ? '…' : '')}</bdi>
      </p>
      {session.unknown.value.length > 0 && (
        <p class="note">
          The model does not know <b>{session.unknown.value.join(', ')}</b>: it reads {'<unk>'} there.
        </p>
      )}
      {source.value.length > 0 && (
        <>
          <Ribbons
            source={source.value}
            target={target}
            weights={weights}
            selected={selected.value}
            onSelect={select}
            marked={marked}
            subwords={info?.subwords}
          />
          <div class="columns">
            {info?.attends === false ? (
              <p class="note">
                This model has no attention: all it knows of the sentence is one vector, the last state of the
                encoder.
              </p>
            ) : (
              <AttentionMap
                source={source.value}
                target={target}
                weights={weights}
                selected={selected.value}
                onSelect={select}
                label={`Attention: ${target.length} written tokens over ${source.value.length} source tokens`}
                subwords={info?.subwords}
              />
            )}
            <Steps session={session} attends={info?.attends ?? true} subwords={info?.subwords} />
          </div>
        </>
      )}
      <ModelNote
        from={chosen}
        took={result.value && `${steps.value.length} steps in ${result.value.milliseconds.toFixed(0)} ms`}
      />
    </section>
  );
}
