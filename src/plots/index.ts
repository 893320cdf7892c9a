export type { AttentionMap } from './attentionMap.ts';
export { attentionSvg } from './attentionSvg.ts';
export { attentionTerminal, type TerminalOptions } from './attentionTerminal.ts';
export { type Curves, curveSvg } from './curveSvg.ts';
export type { HeadMap, HeadRows } from './headMap.ts';
export { headsSvg } from './headsSvg.ts';
export { headsTerminal } from './headsTerminal.ts';
export { joinSubwords, type WordStarts } from './joinSubwords.ts';
export { type MemoryMap, memorySvg } from './memorySvg.ts';
export { memoryTerminal } from './memoryTerminal.ts';
export { lit as litPicture } from './pictureLight.ts';
export { type PictureMap, pictureSvg } from './pictureSvg.ts';
export type { Raster } from './raster.ts';
export {
  type Report,
  type ReportCell,
  type ReportPicture,
  type ReportSection,
  reportHtml,
} from './reportHtml.ts';
export { spectrogramRaster } from './speechRasters.ts';
export { type SpeechMap, speechSvg } from './speechSvg.ts';
export { type CaptionedSvg, stackSvg, svgSize } from './stackSvg.ts';
