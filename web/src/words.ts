/** Which words of a text are not part of the longest sequence that it has in common with another. */
export function differing(words: readonly string[], reference: readonly string[]): boolean[] {
  const rows = words.length + 1;
  const columns = reference.length + 1;
  // lengths[i · columns + j]: of the longest common sequence of what follows word i and word j
  const lengths = new Uint16Array(rows * columns);
  for (let i = words.length - 1; i >= 0; i--) {
    for (let j = reference.length - 1; j >= 0; j--) {
      lengths[i * columns + j] =
        words[i] === reference[j]
          ? 1 + lengths[(i + 1) * columns + j + 1]
          : Math.max(lengths[(i + 1) * columns + j], lengths[i * columns + j + 1]);
    }
  }
  const wrong: boolean[] = [];
  for (let i = 0, j = 0; i < words.length; ) {
    if (j < reference.length && words[i] === reference[j]) {
      wrong.push(false);
      i++;
      j++;
    } else if (j < reference.length && lengths[i * columns + j + 1] >= lengths[(i + 1) * columns + j]) j++;
    else {
      wrong.push(true);
      i++;
    }
  }
  return wrong;
}
