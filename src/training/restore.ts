import { FormatError } from '../errors.ts';
import type { Optimizer } from './optimizers.ts';

/**
 * Writes saved slots back into an optimizer, before a run is resumed.
 *
 * @throws FormatError when the saved slots are not this optimizer's: other names or other sizes
 */
export function restoreSlots(optimizer: Optimizer, saved: Readonly<Record<string, Float32Array>>): void {
  const describe = (slots: Readonly<Record<string, Float32Array>>) =>
    Object.keys(slots)
      .sort()
      .map((name) => `${name}[${slots[name].length}]`)
      .join(', ') || 'none';
  if (describe(saved) !== describe(optimizer.slots)) {
    throw new FormatError(
      `optimizer slots ${describe(saved)}`,
      `those of ${optimizer.name}: ${describe(optimizer.slots)}`,
      'Resume with the optimizer and the model sizes the run was started with.',
    );
  }
  for (const [name, slot] of Object.entries(optimizer.slots)) slot.set(saved[name]);
}
