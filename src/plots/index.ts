export type { AttentionMap } from './attentionMap.ts';
export { attentionSvg } from './attentionSvg.ts';
export { attentionTerminal, type TerminalOptions } from './attentionTerminal.ts';
export { type Curves, curveSvg } from './curveSvg.ts';
export { joinSubwords, type WordStarts } from './joinSubwords.ts';
export { type Report, type ReportSection, reportHtml } from './reportHtml.ts';
export { type SpeechMap, speechSvg } from './speechSvg.ts';
export { type CaptionedSvg, stackSvg, svgSize } from './stackSvg.ts';
