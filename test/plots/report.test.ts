import { expect, it } from 'vitest';
import { attentionSvg, reportHtml } from '../../src/plots/index.ts';

const svg = attentionSvg({ source: ['a'], target: ['b'], weights: [[1]] });
const evil = `<script>alert("1")</script>&'`;
const page = reportHtml({
  title: evil,
  summary: [[evil, evil]],
  sections: [
    { heading: evil, text: evil },
    { heading: 'map', svg },
    { heading: 'own', html: '<p id="own">1 &lt; 2</p>' },
    {
      heading: 'table',
      table: {
        columns: ['name', 'BLEU', evil],
        rows: [
          [evil, 28.3, 'x'],
          ['b', 1, 2],
        ],
      },
    },
  ],
});

it('escapes everything but given svg and html', () => {
  expect(page).not.toContain('<script');
  expect(page.match(/&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&amp;&#39;/g)).toHaveLength(8);
  expect(page).toContain(svg);
  expect(page).toContain('<p id="own">1 &lt; 2</p>');
});

it('asks no server for anything', () => {
  const links = page.match(/\b(?:src|href|action)=|url\(|@import|https?:\/\/[^"\s]*/g) ?? [];
  expect(links).toEqual(['http://www.w3.org/2000/svg']);
  expect(page).toContain(`content="default-src 'none';`);
});

it('sets columns of numbers to the right', () => {
  expect(page).toContain('<th scope="col" class="number">BLEU</th>');
  expect(page).toContain('<td class="number">28.3</td>');
  expect(page).toContain('<td dir="auto">2</td>');
});

it('knows light, dark and paper', () => {
  expect(page).toMatch(/@media \(prefers-color-scheme: dark\)/);
  expect(page).toMatch(/@media print/);
});

it('has pictures in tables and beside them, in the page itself and with words for those who do not see them', () => {
  const [, section] = reportHtml({
    title: 't',
    summary: [],
    sections: [
      {
        heading: 'h',
        picture: { png: 'AAAA', alt: evil },
        table: { columns: ['p', 'n'], rows: [[{ png: 'BBBB', alt: 'b' }, '1.0']], numbers: [1] },
      },
    ],
  }).split('<section>');
  expect(section).toContain(
    '<div class="beside">\n<img src="data:image/png;base64,AAAA" alt="&lt;script&gt;',
  );
  expect(section).toContain('<td dir="auto"><img src="data:image/png;base64,BBBB" alt="b" title="b"></td>');
  expect(section).toContain('<td class="number">1.0</td>');
});
