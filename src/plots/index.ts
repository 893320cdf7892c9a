export type { AttentionMap } from './attention-map.ts';
export { attentionSvg } from './attention-svg.ts';
export { attentionTerminal, type TerminalOptions } from './attention-terminal.ts';
export { type Curves, curveSvg } from './curve-svg.ts';
export { type Report, type ReportSection, reportHtml } from './report-html.ts';
