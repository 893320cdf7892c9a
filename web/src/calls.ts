/** What the page asks of the worker, and what it gets. */

/** Where the page computes. */
export interface Place {
  readonly threads: number;
  /** whether the page is cross-origin isolated, without which there is one thread */
  readonly isolated: boolean;
}

export interface ModelInfo {
  /** by which the worker knows it */
  readonly id: number;
  readonly name: string;
  readonly task: string;
  /** of the recipe, such as rnnsearch */
  readonly type: string;
  readonly attends: boolean;
  readonly parameters: number;
  /** bytes of the file; 0 of a model that was trained here */
  readonly bytes: number;
  readonly licence?: string;
  /** whether its tokens are parts of words, of each side */
  readonly subwords?: { readonly source: boolean; readonly target: boolean };
  /** of models that look at pictures: what they read, and whether it is the toolkit's own drawings */
  readonly picture?: {
    readonly width: number;
    readonly height: number;
    readonly channels: number;
    readonly drawings: boolean;
  };
}

/** What the decoder may attend with instead of its own weights. */
export type Override = readonly number[] | 'uniform' | 'none';

/** What a decoder step computed. */
export interface Step {
  /** token chosen (or forced) at this step */
  readonly token: string;
  readonly id: number;
  readonly probability: number;
  /** whether somebody chose it in place of the model */
  readonly forced: boolean;
  /** [S], what was attended with */
  readonly weights?: readonly number[];
  /** [S], e_ij before the softmax */
  readonly energies?: readonly number[];
  /** what was attended with in place of its own */
  readonly override?: Override;
  /** s_(i-1), the state before the step */
  readonly state: Float32Array;
  /** α_ij h_j, [S][D]; of one head */
  readonly weighted?: readonly Float32Array[];
  /** c_i; absent without attention */
  readonly context?: Float32Array;
  readonly top: readonly { readonly token: string; readonly id: number; readonly probability: number }[];
}

export interface DecodeRequest {
  readonly model: number;
  readonly text: string;
  /** go on after so many steps of the last decoding of this text by this model; default 0 */
  readonly from?: number;
  /** by step, from 0 */
  readonly overrides?: Readonly<Record<number, Override>>;
  /** for all steps that have none of their own */
  readonly attention?: 'own' | 'uniform' | 'none';
  /** chosen tokens, by step */
  readonly forced?: Readonly<Record<number, number>>;
}

export type DecodeEvent =
  | { readonly type: 'source'; readonly tokens: readonly string[]; readonly unknown: readonly string[] }
  | { readonly type: 'step'; readonly at: number; readonly step: Step };

export interface TrainRequest {
  readonly data: 'dates' | { readonly name: string; readonly text: string };
  readonly learningRate: number;
  readonly hidden: number;
  /** whose map is shown; default: the first validation pair */
  readonly sentence?: string;
}

export type TrainEvent =
  | {
      readonly type: 'begun';
      readonly parameters: number;
      readonly pairs: number;
      readonly stepsPerEpoch: number;
      readonly sentence: string;
    }
  | {
      readonly type: 'step';
      readonly step: number;
      readonly loss: number;
      readonly tokensPerSecond: number;
      readonly learningRate: number;
    }
  | { readonly type: 'validation'; readonly step: number; readonly metrics: Readonly<Record<string, number>> }
  | {
      readonly type: 'map';
      readonly step: number;
      readonly source: readonly string[];
      readonly target: readonly string[];
      readonly weights: readonly (readonly number[])[];
    };

/** A sound: a WAV file, or samples of one channel. */
export type HearRequest = { readonly model: number; readonly name: string } & (
  | { readonly wav: Uint8Array }
  | { readonly samples: Float32Array; readonly sampleRate: number }
);

export interface Heard {
  readonly text: string;
  readonly tokens: readonly string[];
  /** [tokens, and the end where `ended`][columns] */
  readonly attention?: readonly Float32Array[];
  readonly ended: boolean;
  /** seconds that a column stands for */
  readonly columnSeconds: number;
  /** when CTC heard each token, in seconds */
  readonly spans?: readonly { readonly from: number; readonly to: number }[];
  /** levels 0 to `steps`, row after row, high frequencies at the top */
  readonly spectrogram: {
    readonly levels: Uint8Array;
    readonly columns: number;
    readonly rows: number;
    readonly steps: number;
  };
  /** that the sound lasts */
  readonly seconds: number;
  readonly milliseconds: number;
  /** whether the model was compiled in that time */
  readonly first: boolean;
  /** the sound as a file that a browser plays */
  readonly wav: Uint8Array;
}

/** Red, green and blue of each pixel, rows from the top. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface Described {
  readonly text: string;
  readonly tokens: readonly string[];
  readonly probability: number;
  /** [tokens][rows × columns] */
  readonly attention?: readonly Float32Array[];
  readonly grid: readonly [rows: number, columns: number];
  readonly centres: readonly [rows: readonly number[], columns: readonly number[]];
  /** the part of the picture that the model sees */
  readonly seen: Pixels;
  readonly milliseconds: number;
}

export interface Answered {
  /** the most probable first */
  readonly best: readonly { readonly text: string; readonly probability: number }[];
  readonly question: string;
  /** that were remembered, the oldest first */
  readonly facts: readonly string[];
  /** older ones */
  readonly forgotten: number;
  /** [hops][facts] */
  readonly attention: readonly Float32Array[];
  readonly unknownWords: readonly string[];
  readonly milliseconds: number;
}

export interface PageCalls {
  place: { argument: undefined; event: never; result: Place };
  open: {
    argument: { name: string; url: string } | { name: string; bytes: Uint8Array };
    event: never;
    result: ModelInfo;
  };
  decode: {
    argument: DecodeRequest;
    event: DecodeEvent;
    result: { text: string; finished: boolean; milliseconds: number };
  };
  train: { argument: TrainRequest; event: TrainEvent; result: { steps: number; model: ModelInfo } };
  /** changes a training that goes on; `pause` keeps it until `resume` */
  steer: {
    argument: { learningRate?: number; pause?: boolean; sentence?: string };
    event: never;
    result: undefined;
  };
  hear: { argument: HearRequest; event: never; result: Heard };
  describe: { argument: { model: number; name: string; picture: Pixels }; event: never; result: Described };
  /** a drawing of the toolkit's own */
  draw: { argument: { seed: number }; event: never; result: Pixels };
  answer: {
    argument: { model: number; facts: readonly string[]; question: string };
    event: never;
    result: Answered;
  };
  /** the model as a file */
  bundle: { argument: { model: number } | { training: true }; event: never; result: Uint8Array };
}
