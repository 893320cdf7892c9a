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
  readonly characters: boolean;
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
  /** the model as a file */
  bundle: { argument: { model: number } | { training: true }; event: never; result: Uint8Array };
}
