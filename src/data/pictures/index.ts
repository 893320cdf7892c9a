export { augmentPixels, checkAugmentation, type PictureAugmentation } from './augment.ts';
export { type CaptionedPath, type CaptionedPicture, checkCaptioned } from './captioned.ts';
export { type DecodeOptions, decodePicture, encodePng } from './decode.ts';
export {
  type Box,
  type DigitPicture,
  type DigitPictureOptions,
  digitPictures,
} from './digitPictures.ts';
export { COLOURS, type Colour, type DrawnObject, SHAPES, type Shape } from './drawingShapes.ts';
export { type Drawing, type DrawingOptions, generateDrawings } from './drawings.ts';
export { type Flickr8k, type Flickr8kOptions, readFlickr8k } from './flickr8k.ts';
export {
  type PixelForm,
  type PixelScale,
  PLAIN_SCALE,
  pixelFloats,
  pixelStatistics,
  pixelsOf,
} from './floats.ts';
export { parseCaptions, readCaptions } from './manifest.ts';
export { type Digit, type DigitParts, parseIdx, readMnist } from './mnist.ts';
export { MAX_PIXELS, type Picture } from './picture.ts';
export { FITS, type Fit, resizePicture } from './resize.ts';
