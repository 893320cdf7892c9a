import { useEffect, useRef, useState } from 'preact/hooks';
import type { Heard } from '../calls.ts';
import { shown } from '../tokens.ts';

/** Weights below this are not drawn. */
const LEAST = 0.01;

/**
 * A sound and where each token was heard in it, as `speechSvg` of the toolkit draws it: the spectrogram, and on the same
 * axis of time a row a token with its weights, and where CTC heard it.
 */
export function SoundMap({ heard }: { heard: Heard }) {
  const { tokens, ended, attention, columnSeconds, spans, seconds } = heard;
  const columns = attention?.[0]?.length ?? 0;
  const duration = Math.max(seconds, columns * columnSeconds);
  const player = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const url = useUrl(heard.wav);
  const head = usePlayHead(player, playing, duration);
  const place = (time: number) => `${(100 * time) / duration}%`;
  const playFrom = (time: number) => {
    if (!player.current) return;
    player.current.currentTime = time;
    void player.current.play().catch(() => {});
  };
  const rows = [...tokens, ...(ended ? ['</s>'] : [])];
  return (
    <figure class="sound">
      {/* biome-ignore lint/a11y/useMediaCaption: the transcript stands above */}
      <audio
        ref={player}
        src={url}
        controls
        aria-label="What the model heard"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onSeeked={head.update}
      />
      <div class="timeline">
        <span class="name note">sound</span>
        <div class="track">
          <Spectrogram of={heard.spectrogram} width={place(seconds)} />
        </div>
        {rows.map((token, t) => {
          const row = attention?.[t];
          const span = spans?.[t];
          const peak = row ? row.indexOf(Math.max(...row)) * columnSeconds : 0;
          const from = span?.from ?? peak;
          const said = [
            row && `attended to most at ${peak.toFixed(2)} s (${Math.max(...row).toFixed(2)})`,
            span && `heard from ${span.from.toFixed(2)} to ${span.to.toFixed(2)} s`,
          ].filter(Boolean);
          return [
            <button
              key={`name${t}`}
              type="button"
              class="token name"
              title={`${shown(token)}: ${said.join(', ')}. Plays from there.`}
              onClick={() => playFrom(from)}
            >
              {token === '</s>' ? '⟨end⟩' : shown(token)}
            </button>,
            <div key={`track${t}`} class="track row">
              {row && (
                <svg
                  viewBox={`0 0 ${columns} 1`}
                  preserveAspectRatio="none"
                  shape-rendering="crispEdges"
                  style={{ width: place(columns * columnSeconds) }}
                  role="img"
                  aria-label={`${shown(token)}: ${said.join(', ')}`}
                >
                  {Array.from(row, (weight, u) =>
                    weight < LEAST ? null : (
                      <rect key={u} x={u} y={0} width={1} height={1} fill-opacity={Math.min(1, weight)} />
                    ),
                  )}
                </svg>
              )}
              {span && (
                <span
                  class="span"
                  style={{ left: place(span.from), width: place(Math.max(0.02, span.to - span.from)) }}
                />
              )}
            </div>,
          ];
        })}
        <span class="name" />
        <div class="track axis" aria-hidden="true">
          {ticks(duration).map((time) => (
            <span key={time} class="tick" style={{ left: place(time) }}>
              {time} s
            </span>
          ))}
        </div>
        <div class="heads" aria-hidden="true">
          <div ref={head.line} class="head" hidden />
        </div>
      </div>
      <figcaption class="note">
        {attention && 'Stronger: attended to more. '}
        {spans && 'Outlined: where CTC, which labels every moment, heard it. '}
        Choose a token to hear it.
      </figcaption>
    </figure>
  );
}

function ticks(duration: number): number[] {
  const step = [0.5, 1, 2, 5, 10].find((width) => duration / width <= 7) ?? 10;
  return Array.from({ length: Math.floor(duration / step) + 1 }, (_, i) => i * step).filter(
    (time) => time <= 0.92 * duration,
  );
}

/** Louder is more opaque; the colour is that of the theme. */
function Spectrogram({ of, width }: { of: Heard['spectrogram']; width: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(of.columns, of.rows);
    for (const [i, level] of of.levels.entries()) image.data[4 * i + 3] = (255 * level) / of.steps;
    context.putImageData(image, 0, 0);
  }, [of]);
  return (
    <canvas
      ref={canvas}
      class="spectrogram"
      width={of.columns}
      height={of.rows}
      style={{ width }}
      role="img"
      aria-label="Spectrogram of the sound: time from left to right, low frequencies at the bottom"
    />
  );
}

function useUrl(wav: Uint8Array): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([wav as Uint8Array<ArrayBuffer>], { type: 'audio/wav' }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [wav]);
  return url;
}

/** A line that goes with the sound. */
function usePlayHead(player: { current: HTMLAudioElement | null }, playing: boolean, duration: number) {
  const line = useRef<HTMLDivElement>(null);
  const update = () => {
    const [element, sound] = [line.current, player.current];
    if (!element || !sound) return;
    element.hidden = sound.currentTime === 0 || sound.ended;
    element.style.left = `${(100 * sound.currentTime) / duration}%`;
  };
  useEffect(() => {
    if (!playing) return update();
    let frame = requestAnimationFrame(function follow() {
      update();
      frame = requestAnimationFrame(follow);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing, duration]);
  return { line, update };
}
