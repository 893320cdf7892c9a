import { useEffect } from 'preact/hooks';
import { Drop } from '../parts/drop.tsx';
import { LitPicture } from '../parts/litPicture.tsx';
import { ModelFile, ModelNote, ModelSelect, Problem } from '../parts/modelChoice.tsx';
import { Pad } from '../parts/pad.tsx';
import {
  busy,
  describeDrawing,
  described,
  model as describedBy,
  describeExample,
  describeFile,
  describeSketch,
  problem,
  selected,
} from '../pictures/state.ts';
import { percent, shown } from '../tokens.ts';
import { useModel } from '../useModel.ts';
import './senses.css';

/** Pictures: a file, a drawing of the toolkit's own, or one's own. What a model can be shown follows from its recipe. */
export function Look() {
  const chosen = useModel('picture');
  const { info, model } = chosen;
  const id = info?.id;
  const reads = info?.picture;
  const examples = model?.examples ?? [];
  const take = (file: File | undefined) => {
    if (id !== undefined && file) void describeFile(id, file);
  };
  useEffect(() => {
    if (id === undefined || describedBy.value === id) return;
    if (reads?.drawings) void describeDrawing(id);
    else if (examples.length > 0) void describeExample(id, examples[0]);
  }, [id, reads, examples]);
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const files = Array.from(event.clipboardData?.files ?? []);
      take(files.find(({ type }) => type.startsWith('image/')));
    };
    addEventListener('paste', paste);
    return () => removeEventListener('paste', paste);
  }, [id]);
  const found = described.value;
  return (
    <section class="senses">
      <div class="ask">
        <ModelSelect from={chosen} />
        {reads?.drawings && (
          <button type="button" class="main" onClick={() => id !== undefined && describeDrawing(id)}>
            Another drawing
          </button>
        )}
        <Drop accept="image/*" disabled={id === undefined} onFile={take}>
          Drop or paste a picture here, or choose one:
        </Drop>
        <ModelFile from={chosen} />
      </div>
      {examples.length > 0 && (
        <p class="examples">
          Try{' '}
          {examples.map((file, i) => (
            <button
              key={file}
              type="button"
              class="link"
              disabled={id === undefined}
              onClick={() => id !== undefined && describeExample(id, file)}
            >
              picture {i + 1}
            </button>
          ))}
        </p>
      )}
      <Problem text={chosen.problem ?? problem.value} />
      <p class="answer" aria-live="polite" aria-busy={busy.value} data-testid="caption">
        <bdi>{found?.text ?? (busy.value || !id ? '…' : '')}</bdi>
      </p>
      <div class="looked">
        {found && <Words />}
        {reads && id !== undefined && (
          <div>
            <h2>Draw something yourself</h2>
            <p class="hint">
              {reads.channels === 1
                ? 'Write digits side by side, large.'
                : 'Fill one shape or two, in plain colours: it knows circles, squares, triangles, stars, crosses and diamonds, and has never seen anything else.'}
            </p>
            <Pad
              key={id}
              width={reads.width}
              height={reads.height}
              colours={reads.channels > 1}
              onDrawn={(sketch) => describeSketch(id, sketch)}
            />
          </div>
        )}
      </div>
      <ModelNote from={chosen} took={found && `${found.milliseconds.toFixed(0)} ms`} />
    </section>
  );
}

/** The picture, and a button a word with where the model looked for it. */
function Words() {
  const found = described.value;
  if (found === undefined) return null;
  const { tokens, attention } = found;
  const at = selected.value;
  const largest = (t: number) => Math.max(0, ...(attention?.[t] ?? []));
  const choose = (t: number | undefined) => {
    selected.value = t;
  };
  return (
    <div class="words">
      <figure class="seen">
        <LitPicture
          of={found}
          weights={at === undefined ? undefined : attention?.[at]}
          label={
            at === undefined ? `The picture: ${found.text}` : `Where it looked for “${shown(tokens[at])}”`
          }
        />
        <figcaption class="note">
          {at === undefined
            ? `Probability of the caption: ${percent(found.probability)}`
            : `Where it looked for “${shown(tokens[at])}”; largest weight ${largest(at).toFixed(2)}`}
        </figcaption>
      </figure>
      {attention && (
        <fieldset
          class="looks"
          aria-label="Choose a word to see where the model looked for it"
          onMouseLeave={() => choose(undefined)}
        >
          {tokens.map((token, t) => (
            <button
              key={t}
              type="button"
              class="look"
              aria-pressed={t === at}
              onMouseEnter={() => choose(t)}
              onFocus={() => choose(t)}
              onClick={() => choose(t)}
            >
              <LitPicture of={found} weights={attention[t]} />
              <span>{shown(token)}</span>
              <span class="note">{largest(t).toFixed(2)}</span>
            </button>
          ))}
        </fieldset>
      )}
    </div>
  );
}
