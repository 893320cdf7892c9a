/** A real Chromium with the playground in it, for tests; they skip where no Chromium is installed. */
import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { playground, type ServedModel } from '../../src/server/app.ts';
import { folderReader, listen } from '../../src/server/node.ts';

const CANDIDATES = [
  process.env.HEED_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

export const CHROMIUM = CANDIDATES.find((path) => {
  try {
    if (path) accessSync(path, constants.X_OK);
    return Boolean(path);
  } catch {
    return false;
  }
});

export const BUILD = fileURLToPath(new URL('../../dist/web', import.meta.url));

export interface Playground {
  readonly url: string;
  readonly browser: Browser;
  /** what went wrong in the pages so far: errors, warnings, requests that failed */
  readonly complaints: string[];
  page(options?: Parameters<Browser['newPage']>[0]): Promise<Page>;
  close(): Promise<void>;
}

/**
 * @param options.args for Chromium besides, for example a microphone that is none
 */
export async function openPlayground(
  model?: ServedModel,
  { args = [] }: { readonly args?: readonly string[] } = {},
): Promise<Playground> {
  const { url, close } = await listen(playground(folderReader(BUILD), model), 0);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', ...args] });
  const complaints: string[] = [];
  return {
    url,
    browser,
    complaints,
    async page(options) {
      const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options });
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`));
      return page;
    },
    async close() {
      await browser.close();
      await close();
    },
  };
}

const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds that is serious, or critical. */
export async function axe(page: Page): Promise<string[]> {
  // What the policy of the page forbids to it, a test may: evaluated and not inserted.
  await page.evaluate(await readFile(axeSource, 'utf8'));
  return page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } }
    ).axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

interface AxeViolation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** By how many pixels a page is wider than its window. */
export const tooWide = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/** Waits until the service worker keeps a file. */
export async function kept(page: Page, file: string): Promise<void> {
  const isKept = () => page.evaluate(async (name) => (await caches.match(name)) !== undefined, file);
  await expect.poll(isKept, { timeout: 60_000 }).toBe(true);
}
