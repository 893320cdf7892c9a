import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

/** A file to be served. */
export interface Served {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/** A model that the page begins with. */
export interface ServedModel {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly task: string;
}

const SERVED_MODEL = 'served.heed';

/** which view of the page a task has */
const VIEWS: Readonly<Record<string, string>> = {
  translation: 'translate',
  speech: 'speech',
  captions: 'picture',
  questions: 'story',
};

/**
 * The playground: what a build of it consists of, and a model before those that come with it. The headers isolate the
 * page, so that the runtime may use threads, and keep it from asking any other server.
 *
 * @param read a file of the build by its path, without a leading /; undefined where there is none
 */
export function playground(
  read: (path: string) => Promise<Served | undefined>,
  model?: ServedModel,
): { fetch(request: Request): Response | Promise<Response> } {
  const app = new Hono();
  app.use(
    secureHeaders({
      crossOriginOpenerPolicy: 'same-origin',
      crossOriginEmbedderPolicy: 'require-corp',
      crossOriginResourcePolicy: 'same-origin',
      strictTransportSecurity: false, // it is plain HTTP on this machine
      xFrameOptions: 'DENY',
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        connectSrc: ["'self'", 'blob:'],
        workerSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'self'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    }),
  );
  if (model) {
    app.get(`/models/${SERVED_MODEL}`, () =>
      answer({ bytes: model.bytes, type: 'application/octet-stream' }),
    );
    app.get('/models/models.json', async () => {
      const list = await read('models/models.json');
      const shipped: unknown[] = list ? JSON.parse(new TextDecoder().decode(list.bytes)) : [];
      const own = {
        file: SERVED_MODEL,
        name: model.name,
        view: VIEWS[model.task] ?? 'translate',
        examples: [],
        bytes: model.bytes.length,
      };
      return Response.json([own, ...shipped]);
    });
  }
  app.get('*', async (context) => {
    const path = decodeURIComponent(new URL(context.req.url).pathname).replace(/^\/+/, '');
    const found = await read(path === '' ? 'index.html' : path);
    return found ? answer(found) : context.text('Not found', 404);
  });
  return app;
}

const answer = ({ bytes, type }: Served): Response =>
  new Response(bytes, { headers: { 'Content-Type': type, 'Cache-Control': 'no-cache' } });
