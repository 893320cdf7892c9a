import { escapeMarkup } from './markup.ts';
import type { CaptionedSvg } from './stackSvg.ts';

/** A picture in the page itself. */
export interface ReportPicture {
  /** its bytes in base64 */
  png: string;
  /** what it is, for those who do not see it */
  alt: string;
}

/** A cell of a table. */
export type ReportCell = string | number | ReportPicture;

export interface ReportSection {
  heading: string;
  /** 3 for a part of the section before. Default 2 */
  depth?: 2 | 3;
  /** A plain sentence or two. */
  note?: string;
  /** Put in as it is: the caller answers for it. */
  html?: string;
  /** An `<svg>` element, put in as it is. */
  svg?: string;
  /** Plain text; line breaks and spaces are kept. */
  text?: string;
  /** `<svg>` elements that are drawn as wide as there is room for, in columns. */
  curves?: string[];
  /** Drawings in their own size, side by side while there is room. */
  figures?: CaptionedSvg[];
  /** `numbers`: columns that are set to the right, beside those whose cells are all numbers. */
  table?: { columns: string[]; rows: ReportCell[][]; numbers?: number[] };
  /** Beside the table, where there is room. */
  picture?: ReportPicture;
}

export interface Report {
  title: string;
  /** Name and value of what the reader wants to know first. */
  summary: [name: string, value: string][];
  sections: ReportSection[];
}

const style = `
:root { color-scheme: light dark; --page: #ffffff; --ink: #1f2328; --faint: #57606a; --line: #d8dee4; --panel: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171c; --ink: #e6e9ed; --faint: #9aa4b0; --line: #343b45; --panel: #1d2229; }
}
/* Drawings are made for white paper: turned over, but of those with a picture in them only paper and ink. */
@media screen and (prefers-color-scheme: dark) {
  figure > svg:not(:has(image)) { filter: invert(.92) hue-rotate(180deg); }
  figure > svg:has(image) > rect { fill: var(--panel); } figure > svg:has(image) text { fill: var(--ink); }
}
body { margin: 0 auto; max-width: 82rem; padding: 2rem 1.25rem 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-top: 1rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.5rem; margin: 0; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 0; overflow-x: auto; } figure svg { display: block; border-radius: 6px; }
pre { margin: 0; padding: .9rem 1rem; overflow-x: auto; border-radius: 6px; background: var(--panel);
  font: 13px/1.35 ui-monospace, "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; overflow-wrap: anywhere; } p { margin: 0; color: var(--faint); }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem; }
.curves svg { width: 100%; min-width: 28rem; max-width: 680px; height: auto; }
.figures { display: flex; flex-wrap: wrap; gap: 1.25rem; } .figures figure { max-width: 100%; }
figcaption { color: var(--faint); font-size: .9rem; margin-bottom: .35rem; max-width: 40rem; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-size: .925rem; }
th, td { padding: .3rem .9rem .3rem 0; text-align: start; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 600; } .number { text-align: end; font-variant-numeric: tabular-nums; }
td img, .beside img { display: block; width: 6rem; max-width: none; height: auto; border-radius: 3px; }
.beside { display: flex; flex-wrap: wrap; gap: 1rem 1.25rem; align-items: flex-start; } .beside .table { flex: 0 1 auto; min-width: 0; }
.beside .figures { flex: 1 1 34rem; min-width: 0; }
section > * + * { margin-top: 1rem; }
@media print {
  :root { color-scheme: light; --page: #ffffff; --ink: #000000; --faint: #444444; --line: #bbbbbb; --panel: #f4f4f4; }
  body { max-width: none; padding: 0; font-size: 11pt; }
  h2, h3 { break-after: avoid; } figure, tr, dl { break-inside: avoid; } pre { white-space: pre-wrap; }
  .curves { grid-template-columns: 1fr 1fr; } .curves svg { min-width: 0; }
  figure, .table, pre { overflow: visible; } .beside { display: block; } .beside .figures { margin-top: 1rem; } figure svg { max-width: 100%; height: auto; }
}`;

/** The browser itself refuses every request, also those of given `html`. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; media-src data:; font-src data:";

/**
 * One self-contained HTML page: no request to any server, light and dark as the reader has it, made to print too.
 * Everything is escaped but `html` and `svg`.
 */
export function reportHtml({ title, summary, sections }: Report): string {
  const entries = summary.map(
    ([name, value]) => `<dt>${escapeMarkup(name)}</dt><dd dir="auto">${escapeMarkup(value)}</dd>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title>
<style>${style}
</style>
</head>
<body>
<h1>${escapeMarkup(title)}</h1>
${entries.length > 0 ? `<dl>\n${entries.join('\n')}\n</dl>` : ''}
${sections.map(sectionHtml).join('\n')}
</body>
</html>
`;
}

function sectionHtml(section: ReportSection): string {
  const { heading, depth = 2, note, text, html, svg, curves = [], figures = [], table, picture } = section;
  const parts = [`<h${depth} dir="auto">${escapeMarkup(heading)}</h${depth}>`];
  if (note !== undefined) parts.push(`<p>${escapeMarkup(note)}</p>`);
  if (text !== undefined) parts.push(`<pre>${escapeMarkup(text)}</pre>`);
  if (html !== undefined) parts.push(html);
  if (svg !== undefined) parts.push(`<figure>${svg}</figure>`);
  if (curves.length > 0) {
    parts.push(
      `<div class="curves">\n${curves.map((curve) => `<figure>${curve}</figure>`).join('\n')}\n</div>`,
    );
  }
  const drawn =
    figures.length > 0 ? [`<div class="figures">\n${figures.map(figureHtml).join('\n')}\n</div>`] : [];
  const told = [...(picture ? [pictureHtml(picture)] : []), ...(table ? [tableHtml(table)] : [])];
  // A part's table and its drawings are of one thing: side by side where there is room.
  if (picture || (depth === 3 && table)) {
    parts.push(`<div class="beside">\n${[...told, ...drawn].join('\n')}\n</div>`);
  } else parts.push(...told, ...drawn);
  return `<section>\n${parts.join('\n')}\n</section>`;
}

function figureHtml({ svg, caption }: CaptionedSvg): string {
  const said = caption === undefined ? '' : `<figcaption dir="auto">${escapeMarkup(caption)}</figcaption>`;
  return `<figure>${said}${svg}</figure>`;
}

/** A column whose cells are all numbers is set to the right. */
function tableHtml({ columns, rows, numbers = [] }: NonNullable<ReportSection['table']>): string {
  const isNumber = columns.map(
    (_, i) => numbers.includes(i) || (rows.length > 0 && rows.every((row) => typeof row[i] === 'number')),
  );
  const attribute = (i: number) => (isNumber[i] ? ' class="number"' : ' dir="auto"');
  const head = columns.map((name, i) => `<th scope="col"${attribute(i)}>${escapeMarkup(name)}</th>`);
  const body = rows.map(
    (row) => `<tr>${row.map((value, i) => `<td${attribute(i)}>${cellHtml(value)}</td>`).join('')}</tr>`,
  );
  return `<div class="table"><table>
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table></div>`;
}

const cellHtml = (cell: ReportCell): string =>
  typeof cell === 'object' ? pictureHtml(cell) : escapeMarkup(String(cell));

const pictureHtml = ({ png, alt }: ReportPicture): string =>
  `<img src="data:image/png;base64,${escapeMarkup(png)}" alt="${escapeMarkup(alt)}" title="${escapeMarkup(alt)}">`;
