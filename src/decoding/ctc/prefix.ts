import { IMPOSSIBLE, logAdd } from './logits.ts';
import type { Progress, Wording } from './wording.ts';

/**
 * Labels said so far, as the last one and the way back, with the log-probability of all alignments of them with the
 * frames so far. Prefixes with a common beginning share it, so each is one object however it was reached.
 */
export interface Prefix<State> {
  /** The last label; −1 where nothing was said. */
  readonly label: number;
  readonly parent: Prefix<State> | undefined;
  readonly progress: Progress<State>;
  /** By label; made when the first of them is said. */
  children: Map<number, Prefix<State>> | undefined;
  /** The last frame that `blank` and `said` count; alignments that were not continued since are lost. */
  frame: number;
  /** ln p of the alignments whose last frame is the blank, p_b of Hannun et al. 2014; of those that end with the label, p_nb. */
  blank: number;
  said: number;
  /** ln p of both together. */
  total: number;
  /** The same with the frame that is being added. */
  nextBlank: number;
  nextSaid: number;
  /** The frame that is being added, once this prefix has a part in it. */
  touched: number;
  /** What prefixes are ranked by: `total` and the bonus of what was said. */
  score: number;
}

/** One frame: its number, log-probabilities of the classes, the blank, and the prefixes that have a part in it. */
export interface Frame<State> {
  number: number;
  row: Float64Array;
  blank: number;
  touched: Prefix<State>[];
}

/** Nothing said, before the first frame. */
export function rootPrefix<State>(progress: Progress<State>): Prefix<State> {
  const root = newPrefix(-1, undefined, progress);
  root.frame = -1;
  root.blank = 0;
  root.total = 0;
  root.score = progress.bonus;
  return root;
}

function newPrefix<State>(
  label: number,
  parent: Prefix<State> | undefined,
  progress: Progress<State>,
): Prefix<State> {
  return {
    label,
    parent,
    progress,
    children: undefined,
    frame: -2,
    blank: IMPOSSIBLE,
    said: IMPOSSIBLE,
    total: IMPOSSIBLE,
    nextBlank: IMPOSSIBLE,
    nextSaid: IMPOSSIBLE,
    touched: -2,
    score: IMPOSSIBLE,
  };
}

/**
 * Gives the prefix a part in the frame: its alignments go on with the blank, or with the last label once more. That
 * holds for a prefix in the beam, and for one that fell out of it a frame ago and is reached again (the last `if` of
 * algorithm 1).
 */
export function stay<State>(prefix: Prefix<State>, { number, row, blank, touched }: Frame<State>): void {
  if (prefix.touched === number) return;
  prefix.touched = number;
  touched.push(prefix);
  const goesOn = prefix.frame === number - 1;
  prefix.nextBlank = goesOn ? prefix.total + row[blank] : IMPOSSIBLE;
  prefix.nextSaid = goesOn && prefix.label >= 0 ? prefix.said + row[prefix.label] : IMPOSSIBLE;
}

/** Adds the alignments that go on with a label in this frame: a repeated one needs a blank before it. */
export function say<State>(
  prefix: Prefix<State>,
  label: number,
  frame: Frame<State>,
  wording: Wording<State>,
): void {
  const before = label === prefix.label ? prefix.blank : prefix.total;
  if (before === IMPOSSIBLE) return;
  let longer = prefix.children?.get(label);
  if (!longer) {
    if (frame.row[label] === IMPOSSIBLE) return;
    const progress = wording.after(prefix.progress, label);
    if (!progress) return;
    longer = newPrefix(label, prefix, progress);
    prefix.children ??= new Map();
    prefix.children.set(label, longer);
  }
  stay(longer, frame);
  longer.nextSaid = logAdd(longer.nextSaid, before + frame.row[label]);
}

/** Ends the frame for a prefix that has a part in it. */
export function settle<State>(prefix: Prefix<State>): void {
  prefix.frame = prefix.touched;
  prefix.blank = prefix.nextBlank;
  prefix.said = prefix.nextSaid;
  prefix.total = logAdd(prefix.blank, prefix.said);
  prefix.score = prefix.total + prefix.progress.bonus;
}

/** Takes away a prefix that had no part in the frame, and those before it that then lead nowhere. */
export function forget<State>(prefix: Prefix<State>, frame: number): void {
  let at = prefix;
  while (at.parent && at.touched < frame && !at.children?.size) {
    at.parent.children?.delete(at.label);
    at = at.parent;
  }
}

/** From the first label to the last. */
export function labelsOfPrefix<State>(prefix: Prefix<State>): number[] {
  const labels: number[] = [];
  for (let at = prefix; at.parent; at = at.parent) labels.push(at.label);
  return labels.reverse();
}
