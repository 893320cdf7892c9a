import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { checkFigureFlags, missingNote, writeFigures } from '../../src/cli/figure.ts';
import { figureFont, unpackWoff } from '../../src/cli/font.ts';
import { renderPng } from '../../src/cli/png.ts';
import { FormatError, UsageError } from '../../src/errors.ts';
import { attentionSvg, svgSize } from '../../src/plots/index.ts';
import { elementsOf } from '../plots/xml.ts';
import { workFolder } from './heed.ts';

const folder = workFolder();
const svg = attentionSvg({
  source: ['ein', 'Hund', '</s>'],
  target: ['a', 'dog', '</s>'],
  weights: [
    [0.8, 0.1, 0.1],
    [0.1, 0.8, 0.1],
    [0, 0, 1],
  ],
});

const labelled = (text: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><rect width="120" height="40" fill="#fff"/><text x="8" y="28" font-size="20" font-family="system-ui, sans-serif">${text}</text></svg>`;

/** How many pixels are darker than a middle grey. */
async function darkPixels(drawing: string): Promise<number> {
  const { data, channels } = decode((await renderPng(drawing, 1)).bytes);
  let dark = 0;
  for (let i = 0; i < data.length; i += channels) if (data[i] < 128) dark++;
  return dark;
}

describe('PNG', () => {
  it.each([1, 2, 0.5])('has the size asked for at scale %d, and colours of the map', async (scale) => {
    const path = join(folder, `map${scale}.png`);
    await writeFigures({ out: path, scale }, [{ svg, caption: 'one drawing needs none' }]);
    const { width, height, data, channels } = decode(await readFile(path));
    const size = svgSize(svg);
    expect([width, height]).toEqual([Math.ceil(scale * size.width), Math.ceil(scale * size.height)]);
    const colours = new Set<number>();
    for (let i = 0; i < data.length; i += channels)
      colours.add(data[i] * 65536 + data[i + 1] * 256 + data[i + 2]);
    expect(colours.size).toBeGreaterThan(20);
    expect(colours.has(0xffffff)).toBe(true);
  });

  it('is written with a font that needs none of the system: Latin, Greek, Cyrillic, Arabic and Hebrew', async () => {
    const font = await figureFont(join(folder, 'fonts'));
    for (const letter of 'Aßéłő→␣▁…ЖΩאبי</') expect(font.has(letter.codePointAt(0)!), letter).toBe(true);
    for (const letter of '漢अ한') expect(font.has(letter.codePointAt(0)!), letter).toBe(false);
    expect(await darkPixels(labelled(''))).toBe(0);
    const [wide, narrow] = [await darkPixels(labelled('WWWW')), await darkPixels(labelled('iiii'))];
    expect(narrow).toBeGreaterThan(20);
    expect(wide).toBeGreaterThan(2 * narrow);
    // Not the box of a letter that is missing: Arabic is joined, and narrower so than its letters apart.
    expect(await darkPixels(labelled('سلام'))).not.toBe(await darkPixels(labelled('س ل ا م')));
    expect((await renderPng(labelled('سلام Ω ж é'), 1)).missing).toEqual([]);
  });

  it('says which letters no font has, and what to install', () => {
    const note = missingNote('map.png', [...'日本अ']);
    expect(note).toContain('map.png: no font here has 日 本 अ (Chinese, Devanagari); boxes stand for them');
    expect(note).toContain(
      'Noto Sans CJK, Noto Sans Devanagari (Debian and Ubuntu: fonts-noto-cjk, fonts-noto-core)',
    );
    expect(note).toContain('.svg or .html');
  });

  it('is refused where it would be too large', async () => {
    const large = labelled('a')
      .replace('width="120"', 'width="30000"')
      .replace('height="40"', 'height="9000"');
    await expect(renderPng(large, 2)).rejects.toThrow(UsageError);
  });
});

it('a font that is not WOFF is refused', () => {
  expect(() => unpackWoff(new Uint8Array(100))).toThrow(FormatError);
});

it('several figures are one SVG with their captions, and one page that asks no server for anything', async () => {
  const figures = ['first & last', 'second <b>'].map((caption) => ({ svg, caption }));
  await writeFigures({ out: join(folder, 'both.svg') }, figures);
  const elements = elementsOf(await readFile(join(folder, 'both.svg'), 'utf8'));
  expect(elements.filter(({ name }) => name === 'svg')).toHaveLength(3);
  expect(elements.filter(({ name }) => name === 'text').map(({ text }) => text)).toEqual(
    expect.arrayContaining(['first & last', 'second <b>']),
  );
  await writeFigures({ out: join(folder, 'both.html') }, figures, 'Where it looks');
  const page = await readFile(join(folder, 'both.html'), 'utf8');
  expect(page).toContain('<title>Where it looks</title>');
  expect(page.match(/<svg /g)).toHaveLength(2);
  const links = page.match(/\b(?:src|href|action)=|url\(|@import|https?:\/\/[^"\s]*/g) ?? [];
  expect(new Set(links)).toEqual(new Set(['http://www.w3.org/2000/svg']));
});

it('refuses what cannot be written, and leaves what was there', async () => {
  expect(() => checkFigureFlags({ out: 'map.gif' })).toThrow('.svg, .png or .html, or - for the terminal');
  expect(() => checkFigureFlags({ out: '-' }, { terminal: false })).toThrow('name a file');
  expect(() => checkFigureFlags({ out: 'map.svg', scale: 2 })).toThrow('--scale with --out map.svg');
  const path = join(folder, 'kept.gif');
  await writeFile(path, 'mine');
  await expect(writeFigures({ out: path }, [{ svg }])).rejects.toThrow(UsageError);
  expect(await readFile(path, 'utf8')).toBe('mine');
});
