import { chrf } from 'heed';
import { useEffect, useState } from 'preact/hooks';
import type { Step } from '../calls.ts';
import { call } from '../engine.ts';
import { openShipped, type ShippedModel, shipped } from '../models.ts';
import { AttentionMap } from '../parts/attentionMap.tsx';
import { differing } from '../words.ts';

/** models/compare.json: sentences that neither model was trained on, short to long, and how well each did by length. */
interface Comparison {
  readonly sentences: readonly { readonly source: string; readonly reference: string }[];
  /** longest sentences of the training, in words */
  readonly trainedOn: number;
  readonly byLength: readonly { readonly length: number; readonly bleu: readonly number[] }[];
}

interface Result {
  readonly text: string;
  readonly source: readonly string[];
  readonly steps: readonly Step[];
}

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

export function Compare() {
  const models = (shipped.value ?? []).filter(({ view }) => view === 'compare');
  const [comparison, setComparison] = useState<Comparison>();
  const [problem, setProblem] = useState<string>();
  const [at, setAt] = useState(0);
  useEffect(() => {
    fetch('models/compare.json')
      .then((response) => response.json())
      .then(setComparison, () =>
        setProblem('The sentences to compare with could not be loaded. Reload the page.'),
      );
  }, []);
  const sentence = comparison?.sentences[at];
  const length = sentence ? words(sentence.source).length : 0;
  return (
    <section>
      <p>
        Both models were trained alike, on the same sentences of at most {comparison?.trainedOn ?? '…'} words.
        One keeps the whole sentence in a single vector; the other looks back at it for every word it writes.
        Make the sentence longer.
      </p>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {comparison && (
        <label class="length">
          Length: <b>{length} words</b>
          <input
            type="range"
            min={0}
            max={comparison.sentences.length - 1}
            value={at}
            aria-valuetext={`${length} words`}
            onInput={(event) => setAt(Number(event.currentTarget.value))}
          />
        </label>
      )}
      {comparison && comparison.byLength.length > 0 && (
        <ByLength comparison={comparison} models={models} length={length} />
      )}
      {sentence && (
        <>
          <p class="pair" lang="en">
            {sentence.source}
          </p>
          <p class="pair note" lang="fr">
            {sentence.reference}
          </p>
          <div class="two">
            {models.map((model) => (
              <One key={model.file} model={model} source={sentence.source} reference={sentence.reference} />
            ))}
          </div>
        </>
      )}
    </section>
  );
}

function One({ model, source, reference }: { model: ShippedModel; source: string; reference: string }) {
  const [result, setResult] = useState<Result>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    (async () => {
      const info = await openShipped(model);
      if (signal.aborted) return;
      const steps: Step[] = [];
      let read: readonly string[] = [];
      const { text } = await call(
        'decode',
        { model: info.id, text: source },
        {
          signal,
          onEvent: (event) => {
            if (event.type === 'source') read = event.tokens;
            else steps.push(event.step);
            if (!signal.aborted) {
              setResult({ text: steps.map(({ token }) => token).join(' '), source: read, steps: [...steps] });
            }
          },
        },
      );
      if (!signal.aborted) setResult({ text, source: read, steps });
    })().catch((error: Error) => signal.aborted || setProblem(error.message));
    return () => controller.abort();
  }, [model, source]);
  const wrong = result ? differing(words(result.text), words(reference)) : [];
  return (
    <article>
      <h2>{model.name}</h2>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <p class="pair" lang="fr" aria-live="polite">
        {result
          ? words(result.text).map((word, i) => [
              i > 0 && ' ',
              wrong[i] ? (
                <mark key={i} title="not in the reference here">
                  {word}
                </mark>
              ) : (
                <span key={i}>{word}</span>
              ),
            ])
          : '…'}
      </p>
      {result && (
        <p class="note">
          chrF <b>{chrf([result.text], [[reference]]).score.toFixed(0)}</b> of 100
        </p>
      )}
      {result?.steps.some(({ weights }) => weights) ? (
        <AttentionMap
          source={result.source}
          target={result.steps.map(({ token }) => token)}
          weights={result.steps.map(({ weights }) => weights)}
          label="Attention"
        />
      ) : (
        <p class="note">No attention: what it knows of the sentence is one vector.</p>
      )}
    </article>
  );
}

const [W, H] = [560, 170];

/** BLEU by sentence length, as in figure 2 of Bahdanau et al. 2015, and where the chosen sentence stands. */
function ByLength({
  comparison,
  models,
  length,
}: {
  comparison: Comparison;
  models: readonly ShippedModel[];
  length: number;
}) {
  const { byLength, trainedOn } = comparison;
  const longest = Math.max(...byLength.map((point) => point.length));
  const x = (words: number) => 36 + ((W - 46) * words) / longest;
  const y = (bleu: number) => 10 + ((H - 34) * (100 - bleu)) / 100;
  return (
    <svg class="curve" viewBox={`0 0 ${W} ${H}`} role="img" aria-label="BLEU by sentence length">
      {[0, 50, 100].map((bleu) => (
        <g key={bleu}>
          <line class="grid" x1={36} x2={W - 10} y1={y(bleu)} y2={y(bleu)} />
          <text x={30} y={y(bleu) + 4} text-anchor="end">
            {bleu}
          </text>
        </g>
      ))}
      <rect class="trained" x={x(0)} width={x(trainedOn) - x(0)} y={10} height={H - 34} />
      <text x={x(trainedOn) - 4} y={H - 30} text-anchor="end">
        trained on
      </text>
      <line class="here" x1={x(length)} x2={x(length)} y1={10} y2={H - 24} />
      {models.map(({ name }, i) => (
        <g key={name} class={`series s${i}`}>
          <polyline points={byLength.map((point) => `${x(point.length)},${y(point.bleu[i])}`).join(' ')} />
          <text x={W - 12} y={y(byLength.at(-1)?.bleu[i] ?? 0) - 6} text-anchor="end">
            {name}
          </text>
        </g>
      ))}
      <text x={W - 10} y={H - 6} text-anchor="end">
        words of the source
      </text>
    </svg>
  );
}
