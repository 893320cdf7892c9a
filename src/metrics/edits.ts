import { numbered } from './text.ts';

export interface EditCounts {
  readonly hits: number;
  readonly substitutions: number;
  /** Tokens of the reference that the hypothesis lacks. */
  readonly deletions: number;
  /** Tokens of the hypothesis that the reference lacks. */
  readonly insertions: number;
}

export interface Edit {
  readonly kind: 'hit' | 'substitution' | 'deletion' | 'insertion';
  /** Null for an insertion. */
  readonly reference: string | null;
  /** Null for a deletion. */
  readonly hypothesis: string | null;
}

export interface EditAlignment extends EditCounts {
  /** From the first token to the last: reading one side, nulls apart, gives that side's tokens. */
  readonly operations: readonly Edit[];
}

/**
 * Row i of the table of Levenshtein costs, over the prefixes of the reference. A substitution, deletion or
 * insertion costs `edit`, a hit −1: with `edit` above the number of hits there can be, fewest edits come first, and
 * among alignments with as few the one with the most hits.
 */
function nextRow(
  row: Float64Array,
  previous: Float64Array,
  token: number,
  reference: Int32Array,
  edit: number,
): void {
  row[0] = previous[0] + edit;
  for (let j = 1; j < row.length; j++) {
    const paired = previous[j - 1] + (reference[j - 1] === token ? -1 : edit);
    const single = (previous[j] < row[j - 1] ? previous[j] : row[j - 1]) + edit;
    row[j] = paired < single ? paired : single;
  }
}

/** Before any token of the hypothesis, every token of the reference is a deletion. */
const firstRow = (length: number, edit: number): Float64Array =>
  Float64Array.from({ length: length + 1 }, (_, j) => j * edit);

const editCost = (a: ArrayLike<unknown>, b: ArrayLike<unknown>): number => 1 + Math.min(a.length, b.length);

/**
 * Edits that turn the reference into the hypothesis: fewest in all (Levenshtein 1966), and among alignments with
 * as few, the one with the most hits. Memory grows with the reference alone.
 */
export function countEdits(reference: readonly string[], hypothesis: readonly string[]): EditCounts {
  const [given, said] = numbered(reference, hypothesis);
  const edit = editCost(given, said);
  let row: Float64Array = firstRow(given.length, edit);
  let spare: Float64Array = new Float64Array(row.length);
  for (const token of said) {
    nextRow(spare, row, token, given, edit);
    [row, spare] = [spare, row];
  }
  const cost = row[given.length];
  const edits = Math.ceil(cost / edit);
  const hits = edits * edit - cost;
  const substitutions = given.length + said.length - 2 * hits - edits;
  return {
    hits,
    substitutions,
    deletions: given.length - hits - substitutions,
    insertions: said.length - hits - substitutions,
  };
}

/**
 * The alignment whose edits `countEdits` counts. Where several are as good, read from the end, pairing comes before
 * deleting, and deleting before inserting. Memory grows with the product of the lengths.
 */
export function alignEdits(reference: readonly string[], hypothesis: readonly string[]): EditAlignment {
  const [given, said] = numbered(reference, hypothesis);
  const edit = editCost(given, said);
  const rows = [firstRow(given.length, edit)];
  for (const [i, token] of said.entries()) {
    rows.push(new Float64Array(rows[0].length));
    nextRow(rows[i + 1], rows[i], token, given, edit);
  }
  const operations: Edit[] = [];
  let [i, j] = [said.length, given.length];
  while (i > 0 || j > 0) {
    const hit = i > 0 && j > 0 && said[i - 1] === given[j - 1];
    if (i > 0 && j > 0 && rows[i][j] === rows[i - 1][j - 1] + (hit ? -1 : edit)) {
      const kind = hit ? 'hit' : 'substitution';
      operations.push({ kind, reference: reference[--j], hypothesis: hypothesis[--i] });
    } else if (j > 0 && rows[i][j] === rows[i][j - 1] + edit) {
      operations.push({ kind: 'deletion', reference: reference[--j], hypothesis: null });
    } else {
      operations.push({ kind: 'insertion', reference: null, hypothesis: hypothesis[--i] });
    }
  }
  operations.reverse();
  const count = (kind: Edit['kind']) => operations.filter((operation) => operation.kind === kind).length;
  return {
    hits: count('hit'),
    substitutions: count('substitution'),
    deletions: count('deletion'),
    insertions: count('insertion'),
    operations,
  };
}

/**
 * Edits where the order of the tokens does not matter: what is left over on either side is substituted pairwise,
 * the rest deleted or inserted.
 */
export function countUnorderedEdits(reference: readonly string[], hypothesis: readonly string[]): EditCounts {
  const left = new Map<string, number>();
  for (const token of reference) left.set(token, (left.get(token) ?? 0) + 1);
  let hits = 0;
  for (const token of hypothesis) {
    const count = left.get(token) ?? 0;
    if (count === 0) continue;
    left.set(token, count - 1);
    hits++;
  }
  const substitutions = Math.min(reference.length, hypothesis.length) - hits;
  return {
    hits,
    substitutions,
    deletions: reference.length - hits - substitutions,
    insertions: hypothesis.length - hits - substitutions,
  };
}
