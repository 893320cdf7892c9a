/** The playground as its users have it: in Chromium, built, with the models that come with it. */
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axe, BUILD, CHROMIUM, kept, openPlayground, type Playground, tooWide } from './browser.ts';

const answer = (page: Page) => page.getByTestId('answer');
const WAIT = { timeout: 60_000 };

describe.skipIf(!CHROMIUM)('the playground (in Chromium, where one is installed)', () => {
  let played: Playground;
  beforeAll(async () => {
    played = await openPlayground();
  });
  afterAll(() => played?.close());

  const translated = async (page: Page, text: string, expected: string) => {
    await page.getByRole('textbox', { name: 'Text' }).fill(text);
    await page.getByRole('button', { name: 'Translate' }).click();
    await expect.poll(() => answer(page).textContent(), WAIT).toBe(expected);
  };
  const opened = async (options?: Parameters<Playground['page']>[0]) => {
    const page = await played.page(options);
    await page.goto(played.url);
    await expect.poll(() => answer(page).textContent(), WAIT).toBe('1989-11-09');
    return page;
  };

  it('translates, and shows where it looked', async () => {
    const page = await opened();
    await translated(page, 'Friday, July 4, 1997', '1997-07-04');
    const cells = page.locator('.map .cell');
    expect(await cells.count()).toBe('Friday, July 4, 1997'.length * 11 + 11); // ends of both sentences
    // 1 of 1997 is read off the year.
    await page.getByRole('button', { name: '1', exact: true }).first().hover();
    const lit = page.locator('.from .token');
    const weights = await lit.evaluateAll((tokens) =>
      tokens.map((token) => Number((token as HTMLElement).style.getPropertyValue('--weight'))),
    );
    expect(weights.slice(-5).reduce((a, b) => a + b, 0)).toBeGreaterThan(0.8);
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 2);
    await page.close();
  });

  it('steps through a translation by button and by key, with numbers that fit together', async () => {
    const page = await opened();
    const heading = page.locator('.steps h2');
    await page.getByRole('button', { name: 'Next step' }).click();
    expect(await heading.textContent()).toBe('Step 2 of 11: 9');
    await page.getByRole('button', { name: 'Next step' }).press('ArrowRight');
    expect(await heading.textContent()).toBe('Step 3 of 11: 8');
    await page.getByRole('button', { name: 'Step before' }).press('ArrowLeft');
    expect(await heading.textContent()).toBe('Step 2 of 11: 9');
    const energies = await page
      .locator('.weights td.number')
      .evaluateAll((cells) => cells.map((cell) => Number(cell.textContent?.replace('−', '-'))));
    const weights = await page
      .locator('.weights output')
      .evaluateAll((cells) => cells.map((cell) => Number(cell.textContent)));
    const exponentials = energies.map((energy) => Math.exp(energy));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    for (const [j, weight] of weights.entries()) expect(weight).toBeCloseTo(exponentials[j] / sum, 1.5);
    await page.close();
  });

  it('is steered: pinned attention, another word, no attention, and back', async () => {
    const page = await opened();
    const before = await answer(page).textContent();
    await page.getByRole('button', { name: 'Pin attention to 9' }).first().click();
    await expect.poll(() => answer(page).textContent(), WAIT).not.toBe('…');
    const pins = await page.locator('.weights output').allTextContents();
    expect(pins[0]).toBe('1.000');
    await page.getByRole('button', { name: 'Undo all steering' }).click();
    await expect.poll(() => answer(page).textContent(), WAIT).toBe(before);
    // Another first digit stays the first digit.
    await page.locator('.top button', { hasText: '2' }).first().click();
    await expect.poll(() => answer(page).textContent(), WAIT).toMatch(/^2\d{3}-\d\d-\d\d$/);
    await page.getByRole('button', { name: 'Undo all steering' }).click();
    await expect.poll(() => answer(page).textContent(), WAIT).toBe(before);
    // Without attention it cannot know the date.
    await page.getByLabel('none').check();
    await expect.poll(() => answer(page).textContent(), WAIT).not.toMatch(/^(1989-11-09|…)$/);
    await page.close();
  });

  it('trains until the loss falls, pauses, and its model can be downloaded and opened again', async () => {
    const page = await opened();
    await page.getByRole('link', { name: 'Train' }).click();
    await page.getByLabel('Hidden units').selectOption('48');
    await page.getByRole('button', { name: 'Train' }).click();
    const said = page.getByTestId('training');
    const at = async () => {
      const [, step, loss] = /Step (\d+): loss ([\d.]+)/.exec((await said.textContent()) ?? '') ?? [];
      return { step: Number(step ?? 0), loss: Number(loss ?? 10) };
    };
    await expect.poll(async () => (await at()).loss, { timeout: 100_000 }).toBeLessThan(0.9);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.waitForTimeout(1500);
    const paused = await at();
    await page.waitForTimeout(1500);
    expect(await at()).toEqual(paused);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(async () => (await at()).step, WAIT).toBeGreaterThan(paused.step);
    // The map follows the training: sooner or later what it shows is a date.
    await expect.poll(() => page.getByTestId('live').textContent(), WAIT).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(await page.locator('.map .cell').count()).toBeGreaterThan(20);
    expect(await page.locator('.pair bdi').first().textContent()).toMatch(/\p{Script=Latin}{3}/u);
    const [download] = await Promise.all([
      page.waitForEvent('download', WAIT),
      page.getByRole('button', { name: 'Download the model' }).click(),
    ]);
    const path = join(tmpdir(), `heed-${process.pid}.heed`);
    await download.saveAs(path);
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect.poll(() => said.textContent(), WAIT).toContain('Stopped.');
    await page.getByRole('link', { name: 'Translate' }).click();
    await page.getByLabel('Open a model').setInputFiles(path);
    await expect.poll(() => page.locator('option').allTextContents(), WAIT).toContain(`heed-${process.pid}`);
    await translatesSomething(page);
    await page.close();
  });

  const translatesSomething = async (page: Page) => {
    await page.getByRole('textbox', { name: 'Text' }).fill('9. November 1989');
    await page.getByRole('button', { name: 'Translate' }).click();
    await expect.poll(() => answer(page).textContent(), WAIT).toMatch(/\d/);
  };

  it('refuses a file that is none, says why, and goes on', async () => {
    const page = await opened();
    await page.getByRole('link', { name: 'Train' }).click();
    const drop = page.locator('.drop input');
    const file = (text: string) => ({ name: 'pairs.tsv', mimeType: 'text/plain', buffer: Buffer.from(text) });
    await drop.setInputFiles(file('no tab in here\nnor here\n'));
    await page.getByRole('button', { name: 'Train' }).click();
    await expect.poll(() => page.getByRole('alert').textContent(), WAIT).toMatch(/pairs\.tsv:1.*expected/);
    await drop.setInputFiles(file('a\tb\nc\td\n'));
    await page.getByRole('button', { name: 'Train' }).click();
    await expect
      .poll(() => page.getByRole('alert').textContent(), WAIT)
      .toMatch(/2 pairs; expected at least 20/);
    const broken = join(tmpdir(), `heed-broken-${process.pid}.heed`);
    await writeFile(broken, 'not a model');
    await page.getByRole('link', { name: 'Translate' }).click();
    await page.getByLabel('Open a model').setInputFiles(broken);
    await expect.poll(() => page.getByRole('alert').textContent(), WAIT).toMatch(/no bundle/);
    await page.close();
  });

  it('works again without a network', async () => {
    const context = await played.browser.newContext();
    const page = await context.newPage();
    await page.goto(played.url);
    await expect.poll(() => answer(page).textContent(), WAIT).toBe('1989-11-09');
    // The model was asked for before there was a service worker, which keeps it all the same.
    await kept(page, 'models/dates.heed');
    await context.setOffline(true);
    await page.reload();
    await expect.poll(() => answer(page).textContent(), WAIT).toBe('1989-11-09');
    await context.close();
  });

  it('has nothing serious for axe to find, at phone width and in the dark', async () => {
    for (const options of [{}, { viewport: { width: 360, height: 780 }, colorScheme: 'dark' as const }]) {
      const page = await opened(options);
      for (const view of ['Translate', 'Train', 'Compare']) {
        await page.getByRole('link', { name: view }).click();
        await page.waitForTimeout(500);
        expect(await axe(page), view).toEqual([]);
        expect(await tooWide(page), `${view} is no wider than the window`).toBeLessThanOrEqual(0);
      }
      await page.close();
    }
  });

  it('is isolated, so that it has threads, and asks no other server', async () => {
    const page = await played.page();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).origin));
    const response = await page.goto(played.url);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(response?.headers()['content-security-policy']).toContain("default-src 'none'");
    await expect.poll(() => answer(page).textContent(), WAIT).toBe('1989-11-09');
    expect(new Set(asked)).toEqual(new Set([new URL(played.url).origin]));
    await page.close();
  });

  it('paints soon, and loads no more code than its first view needs', async () => {
    const page = await played.page();
    const asked = new Set<string>();
    page.on('request', (request) => asked.add(new URL(request.url()).pathname.slice(1)));
    await page.goto(played.url);
    await expect.poll(() => answer(page).textContent(), WAIT).toBe('1989-11-09');
    const [paint] = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint'));
    expect(paint.startTime).toBeLessThan(1500);
    const code = [...asked].filter((file) => /^assets\/.*\.(js|css)$/.test(file) && !file.includes('/ort.'));
    const sizes = await Promise.all(
      code.map(async (file) => gzipSync(await readFile(join(BUILD, file)), { level: 9 }).length),
    );
    expect(code.length).toBeGreaterThan(3);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(105_000);
    expect(
      code.filter((file) => /\/(speech|picture|story|captions|questions|train|recipe)/.test(file)),
    ).toEqual([]);
    await page.close();
  });

  it('complained of nothing in all that', () => {
    expect(played.complaints.filter((text) => !/Failed to load resource/.test(text))).toEqual([]);
  });
});
