export type { AttentionMap } from './attentionMap.ts';
export { attentionSvg } from './attentionSvg.ts';
export { attentionTerminal, type TerminalOptions } from './attentionTerminal.ts';
export { type Curves, curveSvg } from './curveSvg.ts';
export { type MemoryMap, memorySvg } from './memorySvg.ts';
export { memoryTerminal } from './memoryTerminal.ts';
export { type PictureMap, pictureSvg } from './pictureSvg.ts';
export { type Report, type ReportSection, reportHtml } from './reportHtml.ts';
export { type SpeechMap, speechSvg } from './speechSvg.ts';
