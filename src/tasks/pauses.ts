/** Lets whatever else waits have its turn, a signal for one, each tenth of a second of a long loop. */
export function pauses(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 100) return;
    await new Promise((done) => setTimeout(done, 0));
    last = performance.now();
  };
}
