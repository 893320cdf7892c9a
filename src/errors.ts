/**
 * Every error Heed throws on purpose says three things: what arrived, what was expected, what to do.
 * The class says whose business it is; the command line turns it into an exit code.
 */
export class HeedError extends Error {
  readonly arrived: string;
  readonly expected: string;
  readonly todo: string;

  /**
   * @param arrived what came in, with its place (file, line, name)
   * @param expected what would have been right; list the valid choices where there are any
   * @param todo what the reader can do about it
   */
  constructor(arrived: string, expected: string, todo: string) {
    super(`${arrived}; expected ${expected}. ${todo}`);
    this.name = new.target.name;
    this.arrived = arrived;
    this.expected = expected;
    this.todo = todo;
  }
}

/** Wrong command-line usage or a wrong recipe: exit code 2. */
export class UsageError extends HeedError {}

/** Input data that cannot be used: names the file, and the line or byte where that helps. */
export class DataError extends HeedError {}

/** A stored file (checkpoint, tokenizer, bundle) that is truncated, foreign or does not fit the others. */
export class FormatError extends HeedError {}

/** Shapes or dtypes that do not fit, found while a graph is built: operation, shapes that came, shapes expected. */
export class ShapeError extends HeedError {}

/** Training that cannot go on (a loss that is not a number): says at which step and what to try. */
export class TrainingError extends HeedError {}
