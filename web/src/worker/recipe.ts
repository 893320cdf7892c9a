import base, { text as baseText } from 'recipe:./page.yaml';
import type { TranslationRecipe } from 'heed';

export interface PageSettings {
  readonly hidden: number;
  readonly learningRate: number;
}

export interface PageData {
  readonly train: TranslationRecipe['data']['train'];
  /** default character */
  readonly tokens?: 'character' | 'word';
  /** of the source; default true */
  readonly lowercase?: boolean;
}

/** What is trained here: page.yaml, with what somebody chose. */
export function pageRecipe(
  { hidden, learningRate }: PageSettings,
  { train, tokens = 'character', lowercase = true }: PageData,
): TranslationRecipe {
  const { data, source, target, model, training, ...rest } = base as TranslationRecipe;
  return {
    ...rest,
    data: { ...data, train },
    source: { ...source, tokens, lowercase },
    target: { ...target, tokens },
    model: { ...model, hidden, attention: hidden, readout: hidden } as TranslationRecipe['model'],
    training: {
      ...training,
      optimizer: { ...training.optimizer, learningRate } as TranslationRecipe['training']['optimizer'],
    },
  };
}

/** The same as a recipe file, which `heed train` and `heed predict` read as this recipe. */
export function pageRecipeText({ data, source, target, model, training }: TranslationRecipe): string {
  const { hidden } = model as { hidden: number };
  const settings: readonly (readonly [RegExp, string])[] = [
    [/train: .*/, `train: ${JSON.stringify(data.train)}`],
    [/source: .*/, `source: { tokens: ${source.tokens}, lowercase: ${source.lowercase} }`],
    [/target: .*/, `target: { tokens: ${target.tokens} }`],
    [
      /hidden: \d+, attention: \d+, readout: \d+/,
      `hidden: ${hidden}, attention: ${hidden}, readout: ${hidden}`,
    ],
    [/learningRate: [\d.]+/, `learningRate: ${training.optimizer.learningRate}`],
  ];
  return settings.reduce((text, [place, value]) => text.replace(place, () => value), baseText);
}
