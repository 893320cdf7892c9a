/** Stands for the runtime of Node, which no page has: `openRuntime` then takes WebAssembly. */
export async function nativeBackend(): Promise<never> {
  throw new Error('pages have no native runtime');
}
