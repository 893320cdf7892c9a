export type { AttentionMap } from './attentionMap.ts';
export { attentionSvg } from './attentionSvg.ts';
export { attentionTerminal, type TerminalOptions } from './attentionTerminal.ts';
export { type Curves, curveSvg } from './curveSvg.ts';
export type { HeadMap, HeadRows } from './headMap.ts';
export { headsSvg } from './headsSvg.ts';
export { headsTerminal } from './headsTerminal.ts';
export { type Report, type ReportSection, reportHtml } from './reportHtml.ts';
export { type SpeechMap, speechSvg } from './speechSvg.ts';
