/** Samples of one channel, full scale −1 to 1. */
export interface Recorded {
  readonly samples: Float32Array;
  readonly sampleRate: number;
}

export interface Recording {
  /** Ends it, and gives the microphone back. */
  stop(): Promise<Recorded>;
}

/**
 * Begins to record, raw samples at whatever rate the sound card has.
 *
 * @param onBlock how loud it is (0 to 1), and how many seconds were recorded so far
 * @throws Error that says what to do, where there is no microphone or it may not be used
 */
export async function record(onBlock: (level: number, seconds: number) => void): Promise<Recording> {
  const context = new AudioContext();
  let stream: MediaStream;
  try {
    // Before the microphone is opened, so that nothing said is missed.
    await context.audioWorklet.addModule(new URL('./recorder.worklet.js', import.meta.url));
    stream = await microphone();
    await context.resume();
  } catch (error) {
    void context.close();
    throw error;
  }
  const source = context.createMediaStreamSource(stream);
  const recorder = new AudioWorkletNode(context, 'heed-recorder', {
    channelCount: 1,
    channelCountMode: 'explicit',
  });
  const blocks: Float32Array[] = [];
  let count = 0;
  let ended = () => {};
  recorder.port.onmessage = ({ data }: MessageEvent<Float32Array | 'end'>) => {
    if (data === 'end') return ended();
    blocks.push(data);
    count += data.length;
    onBlock(
      Math.min(1, 3 * Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / data.length)),
      count / context.sampleRate,
    );
  };
  // What is connected to nothing is not computed; it writes silence there.
  source.connect(recorder).connect(context.destination);
  return {
    async stop() {
      await new Promise<void>((resolve) => {
        ended = resolve;
        recorder.port.postMessage('end');
      });
      for (const track of stream.getTracks()) track.stop();
      void context.close();
      const samples = new Float32Array(count);
      let at = 0;
      for (const block of blocks) {
        samples.set(block, at);
        at += block.length;
      }
      return { samples, sampleRate: context.sampleRate };
    },
  };
}

const INSTEAD = 'or choose a sound file instead';

const REFUSALS: Readonly<Record<string, string>> = {
  NotAllowedError: `This page may not use the microphone. Allow it in the browser, at the address of the page, ${INSTEAD}.`,
  NotFoundError: `There is no microphone. Plug one in, ${INSTEAD}.`,
  NotReadableError: `The microphone cannot be read: another program may use it. Close that, ${INSTEAD}.`,
};

async function microphone(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error(
      `This browser gives no microphone to this page: that takes HTTPS, or a page of this machine itself. Open it so, ${INSTEAD}.`,
    );
  }
  try {
    // What improves calls takes away what models were trained on.
    return await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
  } catch (error) {
    const { name, message } = error as DOMException;
    throw new Error(
      REFUSALS[name] ?? `The microphone could not be opened (${message}). Try again, ${INSTEAD}.`,
    );
  }
}
