export { type Bundle, type BundleAbout, decodeBundle, encodeBundle } from './bundle.ts';
export { WEIGHT_TYPES, type Weight, type WeightType } from './quantization.ts';
export {
  type AlgorithmRecipe,
  type CaptionRecipe,
  type PairsRecipe,
  parseRecipe,
  parseTranslationRecipe,
  type QuestionsRecipe,
  type Recipe,
  recipeJsonSchema,
  recipeSchemaId,
  type SpeechRecipe,
  type TranslationRecipe,
} from './recipe.ts';
export { decodeSafetensors, encodeSafetensors, type NamedTensor, type TensorMap } from './safetensors.ts';
export { applySettings } from './settings.ts';
export { encodeFileVersion, encodeScalar } from './tfevents.ts';
export { type StoredCodec, tokenizerConfigJson, tokenizerJson } from './tokenizerJson.ts';
export { parseWordVectors, type WordVectors } from './wordVectors.ts';
