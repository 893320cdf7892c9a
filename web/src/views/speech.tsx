import { useEffect } from 'preact/hooks';
import type { Heard } from '../calls.ts';
import { Drop } from '../parts/drop.tsx';
import { ModelFile, ModelNote, ModelSelect, Problem } from '../parts/modelChoice.tsx';
import { SoundMap } from '../parts/soundMap.tsx';
import {
  busy,
  heard,
  hearExample,
  hearFile,
  problem,
  recording,
  sound,
  startRecording,
  stopRecording,
} from '../sound/state.ts';
import { useModel } from '../useModel.ts';
import './senses.css';

/** Speech: said into the microphone, or out of a file. */
export function Speech() {
  const chosen = useModel('speech');
  const { info, model } = chosen;
  const id = info?.id;
  const examples = model?.examples ?? chosen.list.find(({ examples }) => examples.length > 0)?.examples ?? [];
  useEffect(() => {
    if (id !== undefined && examples.length > 0 && sound.value === undefined)
      void hearExample(id, examples[0]);
  }, [id, examples]);
  const found = heard.value;
  const now = recording.value;
  return (
    <section class="senses">
      <div class="ask">
        <ModelSelect from={chosen} />
        <button
          type="button"
          class={now ? 'main recording' : 'main'}
          disabled={id === undefined}
          onClick={() => id !== undefined && (now ? stopRecording(id) : startRecording(id))}
        >
          {now ? `Stop (${now.seconds.toFixed(1)} s)` : 'Record'}
        </button>
        {now && <meter class="level" value={now.level} aria-label="How loud it is" />}
        <Drop
          accept="audio/*,.wav"
          disabled={id === undefined}
          onFile={(file) => id !== undefined && hearFile(id, file)}
        >
          Drop a sound here, or choose one:
        </Drop>
        <ModelFile from={chosen} />
      </div>
      {examples.length > 0 && (
        <p class="examples">
          Say digits, in English, one after the other. Or try{' '}
          {examples.map((file) => (
            <button
              key={file}
              type="button"
              class="link"
              disabled={id === undefined}
              onClick={() => id !== undefined && hearExample(id, file)}
            >
              {nameOf(file)}
            </button>
          ))}
        </p>
      )}
      <Problem text={chosen.problem ?? problem.value} />
      <p class="answer" aria-live="polite" aria-busy={busy.value} data-testid="transcript">
        <bdi>{found ? found.text || 'Nothing was heard in it.' : busy.value || !id ? '…' : ''}</bdi>
      </p>
      {found && <SoundMap heard={found} />}
      <ModelNote from={chosen} took={found && timeOf(found)} />
    </section>
  );
}

const timeOf = ({ seconds, milliseconds, first }: Heard): string =>
  `${seconds.toFixed(2)} s of sound in ${milliseconds.toFixed(0)} ms${
    first ? ', compiling the model included' : ` (${(milliseconds / 1000 / seconds).toFixed(2)} of its time)`
  }`;

const nameOf = (file: string): string => file.replace(/\.[^.]*$/, '').replaceAll('-', ' ');
