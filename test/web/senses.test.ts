/** Speech, pictures and stories in the playground: in Chromium, with a microphone that plays a file. */
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import jpeg from 'jpeg-js';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeWav,
  encodePng,
  encodeWav,
  generateDrawings,
  type OpenedBundle,
  openBundle,
  openRuntime,
  type Picture,
  resample,
} from '../../src/index.ts';
import { axe, CHROMIUM, kept, openPlayground, type Playground, tooWide } from './browser.ts';
import { encodeFlac } from './flac.ts';

const WAIT = { timeout: 60_000 };
const shipped = (file: string) =>
  readFile(fileURLToPath(new URL(`../../web/public/models/${file}`, import.meta.url)));
const microphoneFile = join(tmpdir(), `heed-microphone-${process.pid}.wav`);

/** The same model in Node. */
async function inNode<Task extends OpenedBundle['task']>(file: string, _task: Task) {
  const bundle = await openBundle(await shipped(file), await openRuntime());
  return bundle as Extract<OpenedBundle, { task: Task }>;
}

describe.skipIf(!CHROMIUM)('other senses in the playground (in Chromium, where one is installed)', () => {
  let played: Playground;
  beforeAll(async () => {
    // Silence first: the device plays from when it is opened.
    const { samples, sampleRate } = decodeWav(await shipped('five-digits-theo.wav'));
    const later = new Float32Array(samples.length + sampleRate);
    later.set(samples, sampleRate);
    await writeFile(microphoneFile, encodeWav(resample(later, sampleRate, 48_000), 48_000));
    const device = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
    const file = `--use-file-for-fake-audio-capture=${microphoneFile}%noloop`;
    played = await openPlayground(undefined, { args: [...device, file] });
  });
  afterAll(() => played?.close());

  const opened = async (view: string, answer: string, options?: Parameters<Playground['page']>[0]) => {
    const page = await played.page(options);
    await page.goto(`${played.url}#${view}`);
    await expect.poll(() => page.getByTestId(answer).textContent(), WAIT).toMatch(/^[^…]/);
    return page;
  };
  const says = (page: Page, id: string) => expect.poll(() => page.getByTestId(id).textContent(), WAIT);
  const alert = (page: Page) => expect.poll(() => page.getByRole('alert').textContent(), WAIT);
  const file = (name: string, buffer: Uint8Array, mimeType = '') => ({
    name,
    mimeType,
    buffer: Buffer.from(buffer),
  });

  describe('Listen', () => {
    it('hears a WAV file as the library does in Node, and shows where', async () => {
      const page = await opened('speech', 'transcript');
      await says(page, 'transcript').toBe('1 4 9 0 9');
      const wav = await shipped('four-digits-yweweler.wav');
      await page.getByLabel('Drop a sound').setInputFiles(file('four.wav', wav));
      const { recognizer, options } = await inNode('fsdd-strings.heed', 'speech');
      const [[{ text, attention, frameSeconds, spans }]] = await recognizer.recognize(
        [{ ...decodeWav(wav), name: 'four' }],
        options,
      );
      await says(page, 'transcript').toBe(text);
      expect(text).toBe('3 0 5 6');
      const labels = await page.locator('.track svg').evaluateAll((all) => all.map((one) => one.ariaLabel));
      expect(labels).toHaveLength(5);
      for (const [t, label] of labels.slice(0, 4).entries()) {
        const row = Array.from(attention?.[t] ?? []);
        const peak = row.indexOf(Math.max(...row)) * frameSeconds;
        expect(label).toContain(`attended to most at ${peak.toFixed(2)} s`);
        expect(label).toContain(`heard from ${spans?.[t].from.toFixed(2)}`);
      }
      await page.close();
    });

    it('plays the sound from a token on', async () => {
      const page = await opened('speech', 'transcript');
      await page.getByRole('button', { name: '0', exact: true }).click();
      const time = () => page.locator('audio').evaluate((audio) => (audio as HTMLAudioElement).currentTime);
      await expect.poll(time, WAIT).toBeGreaterThan(1.4);
      await page.close();
    });

    it('records what is said into the microphone', async () => {
      const page = await opened('speech', 'transcript');
      await page.getByRole('button', { name: 'four digits' }).click();
      await says(page, 'transcript').toBe('3 0 5 6');
      await page.getByRole('button', { name: 'Record' }).click();
      await expect
        .poll(async () => Number(/[\d.]+/.exec((await page.locator('.recording').textContent()) ?? '')), WAIT)
        .toBeGreaterThan(4.5);
      await page.getByRole('button', { name: 'Stop' }).click();
      await says(page, 'transcript').toBe('1 4 9 0 9');
      await page.close();
    });

    it('hears what the browser can decode', async () => {
      const page = await opened('speech', 'transcript');
      const { samples, sampleRate } = decodeWav(await shipped('four-digits-yweweler.wav'));
      const flac = encodeFlac(
        Int16Array.from(samples, (v) => 2 ** 15 * v),
        sampleRate,
      );
      await page.getByLabel('Drop a sound').setInputFiles(file('said.flac', flac));
      await says(page, 'transcript').toBe('3 0 5 6');
      await page.close();
    });

    it('says what is wrong with a file, and goes on', async () => {
      const page = await opened('speech', 'transcript');
      const drop = page.getByLabel('Drop a sound');
      const wav = await shipped('five-digits-theo.wav');
      await drop.setInputFiles(file('broken.wav', wav.subarray(0, 40)));
      await alert(page).toMatch(/broken\.wav/);
      await drop.setInputFiles(file('text.mp3', new TextEncoder().encode('no sound')));
      await alert(page).toMatch(/text\.mp3 is no sound that this browser can read.*expected WAV, MP3/);
      await drop.setInputFiles(file('long.wav', encodeWav(new Float32Array(31 * 8000), 8000)));
      await alert(page).toMatch(/long\.wav, which lasts 31\.0 s; expected at most 30 s/);
      await page.getByRole('button', { name: 'five digits' }).click();
      await says(page, 'transcript').toBe('1 4 9 0 9');
      expect(await page.getByRole('alert').count()).toBe(0);
      await page.close();
    });

    it('tells what to do where the microphone is refused, or there is none', async () => {
      for (const [args, message] of [
        [
          ['--use-fake-device-for-media-stream', '--deny-permission-prompts'],
          /may not use the microphone.*Allow it/,
        ],
        [[], /no microphone|may not use the microphone/],
      ] as const) {
        const other = await openPlayground(undefined, { args });
        const page = await other.page();
        await page.goto(`${other.url}#speech`);
        await says(page, 'transcript').toBe('1 4 9 0 9');
        await page.getByRole('button', { name: 'Record' }).click();
        await alert(page).toMatch(message);
        await page.getByRole('button', { name: 'four digits' }).click();
        await says(page, 'transcript').toBe('3 0 5 6');
        expect(other.complaints).toEqual([]);
        await other.close();
      }
    });
  });

  describe('Look', () => {
    const drawn = (seed: number) => generateDrawings(seed, 1, { size: 192 })[0];

    it('describes drawings, and shows where it looked, by mouse and by key', async () => {
      const page = await opened('picture', 'caption');
      for (const seed of [1, 2, 3]) {
        await says(page, 'caption').toBe(drawn(seed).captions[0]);
        if (seed < 3) await page.getByRole('button', { name: 'Another drawing' }).click();
      }
      const words = drawn(3).captions[0].split(' ');
      expect(await page.locator('.look > span:first-of-type').allTextContents()).toEqual(words);
      const shown = page.locator('.seen figcaption');
      const middle = () =>
        page.locator('.seen canvas').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
      const whole = await middle();
      await page.locator('.look').nth(1).hover();
      await expect.poll(() => shown.textContent(), WAIT).toContain(`“${words[1]}”`);
      expect(await middle()).not.toBe(whole);
      await page.locator('.look').nth(1).press('Tab');
      await expect.poll(() => shown.textContent(), WAIT).toContain(`“${words[2]}”`);
      await page.close();
    });

    it('looks where the picture is lit: at the shape when it says its colour', async () => {
      const page = await opened('picture', 'caption');
      const { objects, captions } = drawn(1);
      const at = captions[0].split(' ').indexOf(objects[0].colour);
      await page.locator('.look').nth(at).hover();
      const share = ({ x, y }: { x: number; y: number }) => [x / 192, y / 192];
      const brightness = (place: number[]) =>
        page.locator('.seen canvas').evaluate((canvas, [x, y]) => {
          const { width, height } = canvas as HTMLCanvasElement;
          const context = new OffscreenCanvas(1, 1).getContext('2d')!;
          context.drawImage(canvas as HTMLCanvasElement, -Math.floor(x * width), -Math.floor(y * height));
          const { data } = context.getImageData(0, 0, 1, 1);
          return data[0] + data[1] + data[2];
        }, place);
      await page.waitForTimeout(300);
      const lit = await brightness(share(objects[0]));
      await page.mouse.move(0, 0);
      await page.waitForTimeout(300);
      // As bright as it is, or nearly, where the model looked for its colour.
      expect(lit).toBeGreaterThan(0.7 * (await brightness(share(objects[0]))));
      await page.close();
    });

    it('reads files: PNG, JPEG turned as the camera says, and what is pasted', async () => {
      const page = await opened('picture', 'caption');
      const drop = page.getByLabel('Drop or paste a picture');
      const [png, upright, pasted] = [11, 12, 13].map(drawn);
      await drop.setInputFiles(file('drawing.png', encodePng(await png.picture())));
      await says(page, 'caption').toBe(png.captions[0]);
      await drop.setInputFiles(file('photo.jpg', turnedJpeg(await upright.picture())));
      await says(page, 'caption').toBe(upright.captions[0]);
      const bytes = Array.from(encodePng(await pasted.picture()));
      await page.evaluate((numbers) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([Uint8Array.from(numbers)], 'pasted.png', { type: 'image/png' }));
        dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
      }, bytes);
      await says(page, 'caption').toBe(pasted.captions[0]);
      await page.close();
    });

    it('describes what is drawn by hand', async () => {
      const page = await opened('picture', 'caption');
      await page.getByLabel('blue', { exact: true }).check();
      const box = await page.locator('.pad canvas').boundingBox();
      if (!box) throw new Error('no paper');
      const [x, y, side] = [box.x + 0.35 * box.width, box.y + 0.35 * box.height, 0.3 * box.width];
      await page.mouse.move(x, y);
      await page.mouse.down();
      for (let i = 0; i <= 10; i++)
        await page.mouse.move(x + (i % 2) * side, y + (i / 10) * side, { steps: 4 });
      await page.mouse.up();
      await says(page, 'caption').toBe('a blue square');
      await page.close();
    });

    it('says what is wrong with a file, and goes on', async () => {
      const page = await opened('picture', 'caption');
      const drop = page.getByLabel('Drop or paste a picture');
      await drop.setInputFiles(file('broken.png', new TextEncoder().encode('no picture'), 'image/png'));
      await alert(page).toMatch(/broken\.png is no picture that this browser can read.*expected PNG, JPEG/);
      await page.getByRole('button', { name: 'Another drawing' }).click();
      await says(page, 'caption').toBe(drawn(2).captions[0]);
      expect(await page.getByRole('alert').count()).toBe(0);
      await page.close();
    });
  });

  describe('Ask', () => {
    const STORY = ['Mary got the apple.', 'Mary went to the office.', 'John moved to the garden.'];

    it('answers, and reads most what the answer follows from, as the library does in Node', async () => {
      const page = await opened('story', 'answered');
      await page.getByRole('textbox', { name: 'Story' }).fill(`${STORY.join('\n')}\n`);
      await page.getByRole('textbox', { name: 'Question' }).fill('Where is the apple?');
      await page.getByRole('button', { name: 'Ask' }).click();
      await says(page, 'answered').toBe('office');
      const { answerer } = await inNode('babi.heed', 'questions');
      const [expected] = await answerer.answer([
        { facts: STORY, question: 'Where is the apple?', place: '' },
      ]);
      const rows = await page
        .locator('.memory tbody tr:not(.note)')
        .evaluateAll((all) =>
          all.map((row) =>
            Array.from(row.querySelectorAll('.bar .number'), (cell) => Number(cell.textContent)),
          ),
        );
      expect(rows).toHaveLength(3);
      for (const [n, row] of rows.entries()) {
        for (const [k, weight] of row.entries()) expect(weight).toBeCloseTo(expected.attention[k][n], 1.9);
      }
      const last = rows.map((row) => row[row.length - 1]);
      expect(last.indexOf(Math.max(...last))).toBe(1);
      const share = await page.locator('.shares li').first().textContent();
      expect(share).toContain('office');
      expect(await page.locator('.shares li').count()).toBe(4);
      await page.close();
    });

    it('answers each of its examples from its own story', async () => {
      const page = await opened('story', 'answered');
      const right = ['garden', 'office', 'garden', 'park', 'jeff', 'sheep', 'white', 'no', 'kitchen'];
      const examples = page.locator('.examples button');
      expect(await examples.count()).toBe(right.length);
      for (const [i, answer] of right.entries()) {
        const question = await examples.nth(i).textContent();
        await examples.nth(i).click();
        await expect.poll(() => page.getByText(`to “${question}”`).count(), WAIT).toBe(1);
        await says(page, 'answered').toBe(answer);
        expect(await page.getByText('does not know').count()).toBe(0);
      }
      await page.close();
    });

    it('names words that it does not know, and what is missing', async () => {
      const page = await opened('story', 'answered');
      await page.getByRole('textbox', { name: 'Question' }).fill('Where is the zebra?');
      await page.getByRole('textbox', { name: 'Question' }).press('Enter');
      await expect.poll(() => page.getByText('does not know').textContent(), WAIT).toContain('zebra');
      await page.getByRole('textbox', { name: 'Story' }).fill('');
      await page.getByRole('textbox', { name: 'Question' }).press('Enter');
      await alert(page).toMatch(/before anything was told.*at least one fact/);
      await page.close();
    });
  });

  it('opens a model of another task where it belongs', async () => {
    const page = await opened('story', 'answered');
    await page.getByLabel('Open a model').setInputFiles(file('mine.heed', await shipped('drawings.heed')));
    await alert(page).toMatch(/mine is a model of the task captions\. It is in the list of Look now\./);
    await page.getByRole('link', { name: 'Look' }).click();
    await expect.poll(() => page.locator('option').allTextContents(), WAIT).toContain('mine');
    await page.close();
  });

  it('reads an Arabic date from right to left', async () => {
    const page = await opened('translate', 'answer');
    await page.getByRole('button', { name: '١٤ مارس ٢٠٢١' }).click();
    await says(page, 'answer').toBe('2021-03-14');
    const line = (selector: string) =>
      page.locator(selector).evaluateAll((all) =>
        all
          .map((one) => [one.getBoundingClientRect().x, one.textContent] as const)
          .sort(([a], [b]) => a - b)
          .map(([, text]) => text)
          .join(''),
      );
    expect(await line('.from .token')).toBe(`</s>٢٠٢١␣${[...'مارس'].reverse().join('')}␣١٤`);
    expect(await line('.to .token')).toBe('2021-03-14</s>');
    await page.close();
  });

  it('has nothing serious for axe to find, at any width and in both themes', async () => {
    const ids = { speech: 'transcript', picture: 'caption', story: 'answered' };
    for (const viewport of [
      { width: 1200, height: 900 },
      { width: 360, height: 780 },
    ]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const [view, id] of Object.entries(ids)) {
          const page = await opened(view, id, { viewport, colorScheme });
          expect(await axe(page), `${view}, ${viewport.width}, ${colorScheme}`).toEqual([]);
          expect(await tooWide(page), `${view} is no wider than the window`).toBeLessThanOrEqual(0);
          await page.close();
        }
      }
    }
  });

  it('works again without a network, with what was opened', async () => {
    const context = await played.browser.newContext();
    const page = await context.newPage();
    await page.goto(`${played.url}#speech`);
    await says(page, 'transcript').toBe('1 4 9 0 9');
    for (const file of ['fsdd-strings.heed', 'five-digits-theo.wav']) await kept(page, `models/${file}`);
    await page.getByRole('link', { name: 'Ask' }).click();
    await says(page, 'answered').toBe('garden');
    await kept(page, 'models/babi.heed');
    await context.setOffline(true);
    await page.reload();
    await says(page, 'answered').toBe('garden');
    await page.getByRole('link', { name: 'Listen' }).click();
    await says(page, 'transcript').toBe('1 4 9 0 9');
    await context.close();
  });

  it('complained of nothing in all that', () => {
    // A sound that is not played to its end is no longer loaded when another takes its place.
    const aborted = /^blob:\S* failed$/;
    expect(
      played.complaints.filter((text) => !/Failed to load resource/.test(text) && !aborted.test(text)),
    ).toEqual([]);
  });
});

/** A picture as a camera stores it that was held on its side: turned left, and Exif says to turn it right. */
function turnedJpeg({ width, height, data }: Picture): Uint8Array {
  const rgba = Buffer.alloc(4 * width * height, 255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        rgba[4 * ((width - 1 - x) * height + y) + c] = data[3 * (y * width + x) + c];
      }
    }
  }
  const plain = jpeg.encode({ width: height, height: width, data: rgba }, 95).data;
  const exif = [...Buffer.from('Exif\0\0MM\0*\0\0\0\x08\0\x01', 'latin1')];
  const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
  const segment = [...exif, ...entry];
  return Buffer.concat([
    plain.subarray(0, 2),
    Buffer.from([0xff, 0xe1, 0, segment.length + 2, ...segment]),
    plain.subarray(2),
  ]);
}
