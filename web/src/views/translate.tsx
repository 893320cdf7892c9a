import { useEffect, useState } from 'preact/hooks';
import type { ModelInfo } from '../calls.ts';
import { openFile, openShipped, own, type ShippedModel, shipped } from '../models.ts';
import { AttentionMap } from '../parts/attentionMap.tsx';
import { Ribbons } from '../parts/ribbons.tsx';
import { bytesText } from '../tokens.ts';
import { Steps } from './steps.tsx';
import { Session } from './translateState.ts';

export const session = new Session();

/** Which model is asked; `own:ID` of those that came by file or by training. */
export function useModel(view: ShippedModel['view']) {
  const list = (shipped.value ?? []).filter((model) => model.view === view);
  const [chosen, choose] = useState<string>();
  const [info, setInfo] = useState<ModelInfo>();
  const [problem, setProblem] = useState<string>();
  const key = chosen ?? list[0]?.file;
  const model = list.find(({ file }) => file === key);
  useEffect(() => {
    if (key === undefined) return;
    let here = true;
    setProblem(undefined);
    const found = own.value.find(({ id }) => key === `own:${id}`);
    if (found) setInfo(found);
    else if (model) {
      setInfo(undefined);
      openShipped(model).then(
        (opened) => here && setInfo(opened),
        (error: Error) => here && setProblem(error.message),
      );
    }
    return () => {
      here = false;
    };
  }, [key, model]);
  return { list, key, choose, info, model, problem, setProblem };
}

export function Translate() {
  const { list, key, choose, info, model, problem, setProblem } = useModel('translate');
  const [text, setText] = useState('');
  useEffect(() => {
    const first = model?.examples[0];
    if (info === undefined || session.model.value === info.id) return;
    const begun = first ?? session.text.value;
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
  const translations = own.value.filter(({ task }) => task === 'translation');
  return (
    <section>
      <form class="ask" onSubmit={go}>
        <label>
          Model
          <select value={key} onChange={(event) => choose(event.currentTarget.value)}>
            {list.map(({ file, name }) => (
              <option key={file} value={file}>
                {name}
              </option>
            ))}
            {translations.map(({ id, name }) => (
              <option key={id} value={`own:${id}`}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="wide">
          Text
          <input
            type="text"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            autocomplete="off"
            spellcheck={false}
            dir="auto"
          />
        </label>
        <button type="submit" class="main" disabled={info === undefined}>
          Translate
        </button>
        <label class="file">
          Open a model
          <input
            type="file"
            accept=".heed"
            onChange={async (event) => {
              const [file] = event.currentTarget.files ?? [];
              if (!file) return;
              try {
                choose(`own:${(await openFile(file)).id}`);
              } catch (error) {
                setProblem((error as Error).message);
              }
            }}
          />
        </label>
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
                setText(example);
                if (info) void session.begin(info.id, example);
              }}
            >
              {example}
            </button>
          ))}
        </p>
      )}
      {(problem ?? session.problem.value) && (
        <p class="problem" role="alert">
          {problem ?? session.problem.value}
        </p>
      )}
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
              />
            )}
            <Steps session={session} attends={info?.attends ?? true} />
          </div>
        </>
      )}
      {info && (
        <p class="note">
          {info.type}, {info.parameters.toLocaleString('en')} parameters
          {info.bytes > 0 && `, ${bytesText(info.bytes)}`}
          {result.value &&
            `; ${steps.value.length} steps in ${result.value.milliseconds.toFixed(0)} ms, in this page`}
          {(model?.attribution ?? info.licence) && <> · {model?.attribution ?? info.licence}</>}
        </p>
      )}
    </section>
  );
}
