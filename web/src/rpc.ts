/**
 * Calls from the page to the worker and back. A call has a name and one argument; while it runs the worker may send
 * events, and the page may cancel it; at last there is a result or an error.
 */

/** What the worker answers to: by name, from an argument to a result, with events in between. */
export type Calls<C> = { [Name in keyof C]: { argument: unknown; event: unknown; result: unknown } };

export type Message = { id: number; name: string; argument: unknown } | { id: number; cancel: true };
export type Reply =
  | { id: number; event: unknown }
  | { id: number; result: unknown }
  | { id: number; error: { message: string } };

export interface CallContext<Event> {
  readonly emit: (event: Event, transfer?: Transferable[]) => void;
  readonly signal: AbortSignal;
}

export type Handlers<C extends Calls<C>> = {
  [Name in keyof C]: (
    argument: C[Name]['argument'],
    context: CallContext<C[Name]['event']>,
  ) => Promise<C[Name]['result']>;
};

/** In the worker: answers calls. */
export function serveCalls<C extends Calls<C>>(handlers: Handlers<C>): void {
  const running = new Map<number, AbortController>();
  const post = (reply: Reply, transfer: Transferable[] = []) => self.postMessage(reply, { transfer });
  self.addEventListener('message', async ({ data }: MessageEvent<Message>) => {
    const { id } = data;
    if ('cancel' in data) return running.get(id)?.abort();
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const result = await handlers[data.name as keyof C](data.argument as never, {
        emit: (event, transfer) => post({ id, event }, transfer),
        signal: controller.signal,
      });
      post({ id, result });
    } catch (error) {
      post({ id, error: { message: error instanceof Error ? error.message : String(error) } });
    } finally {
      running.delete(id);
    }
  });
}

/** In the page: a function that calls. */
export function caller<C extends Calls<C>>(worker: Worker) {
  let next = 1;
  const waiting = new Map<
    number,
    { onEvent?: (event: never) => void; resolve: (result: never) => void; reject: (error: Error) => void }
  >();
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
    const call = waiting.get(data.id);
    if (call === undefined) return;
    if ('event' in data) return call.onEvent?.(data.event as never);
    waiting.delete(data.id);
    if ('error' in data) call.reject(new Error(data.error.message));
    else call.resolve(data.result as never);
  });
  worker.addEventListener('error', (event) => {
    const error = new Error(event.message || 'The part of the page that computes did not start.');
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });
  return function call<Name extends keyof C & string>(
    name: Name,
    argument: C[Name]['argument'],
    options: {
      onEvent?: (event: C[Name]['event']) => void;
      signal?: AbortSignal;
      transfer?: Transferable[];
    } = {},
  ): Promise<C[Name]['result']> {
    const id = next++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { onEvent: options.onEvent as never, resolve: resolve as never, reject });
      options.signal?.addEventListener('abort', () => worker.postMessage({ id, cancel: true }));
      worker.postMessage({ id, name, argument } satisfies Message, { transfer: options.transfer ?? [] });
    });
  };
}
