/** How to search speech: the flags of `heed predict` and `heed evaluate`, over what the recipe says. */
import { type Command, Option } from 'commander';
import { readBytes } from '../../data/corpus.node.ts';
import { findCorpusFile } from '../../data/download.node.ts';
import { parseArpa } from '../../decoding/index.ts';
import { UsageError } from '../../errors.ts';
import type { SpeechRecipe } from '../../formats/index.ts';
import type { RecognitionOptions } from '../../tasks/recognition.ts';
import { checkKnowsSpace, checkUnit, languageOptions, usualUnit } from '../../tasks/speechLanguage.ts';
import { parseLexicon } from '../../tasks/speechLexicon.ts';
import type { SpeechCodecs } from '../../tasks/speechModel.ts';
import { numberOption, shareOption } from '../console.ts';
import { readInputLines } from '../input.ts';
import { languageModelOf, lexiconOf } from './open.ts';

/** What `addSpeechSearchOptions` adds. */
export interface SpeechSearchFlags {
  readonly ctcWeight?: number;
  /** a file; false with `--no-language-model` */
  readonly languageModel?: string | false;
  readonly languageWeight?: number;
  readonly languageBonus?: number;
  readonly languageUnit?: 'word' | 'token';
  /** a file; false with `--no-lexicon` */
  readonly lexicon?: string | false;
}

/** The same, as commander calls them. */
export const SPEECH_SEARCH_FLAGS: readonly (keyof SpeechSearchFlags)[] = [
  'ctcWeight',
  'languageModel',
  'languageWeight',
  'languageBonus',
  'languageUnit',
  'lexicon',
];

export const addSpeechSearchOptions = (command: Command): Command =>
  command
    .option(
      '--ctc-weight <weight>',
      'speech: how much CTC counts beside the decoder',
      shareOption('--ctc-weight'),
    )
    .option(
      '--language-model <file.arpa>',
      "speech: search with this n-gram model, also .gz (default: the run's own, where it has one)",
    )
    .option('--no-language-model', "speech: without the run's language model")
    .option(
      '--language-weight <weight>',
      'speech: what its log-probability counts (default: as in the recipe, or 0.5)',
      numberOption('--language-weight', { expected: 'a number above 0', holds: (value) => value > 0 }),
    )
    .option(
      '--language-bonus <nats>',
      'speech, ctc: added for every unit said (default: as in the recipe, or 0)',
      numberOption('--language-bonus', { expected: 'a number', holds: () => true }),
    )
    .addOption(
      new Option(
        '--language-unit <unit>',
        'speech: of what the language model is one (default: as in the recipe, or word where the model writes spaces)',
      ).choices(['word', 'token']),
    )
    .option(
      '--lexicon <file>',
      "speech, ctc: say only these words, one a line (default: the run's own, where it has some)",
    )
    .option('--no-lexicon', "speech: without the run's lexicon");

/** Part of the options of a search, and how results tell of them. */
export interface SpeechSearch {
  readonly options: Pick<RecognitionOptions, 'ctcWeight' | 'languageModel' | 'lexicon'>;
  readonly described: {
    /** order: of one that the run trained; null: none */
    readonly languageModel: Readonly<Record<string, unknown>> | null;
    readonly lexicon: { readonly from: string; readonly words: number } | null;
  };
}

/**
 * What flags and recipe ask of a search of speech.
 *
 * @throws UsageError for flags that do not go together or with the model; DataError, with the file's name, for one that
 *   cannot be read or used
 */
export async function speechSearch(
  directory: string,
  { recipe, codecs }: { readonly recipe: SpeechRecipe; readonly codecs: SpeechCodecs },
  flags: SpeechSearchFlags,
): Promise<SpeechSearch> {
  const { decoding } = recipe;
  checkFlags(flags, recipe);
  const language = await asked(directory, recipe, codecs, flags);
  const lexicon =
    flags.lexicon === false
      ? undefined
      : flags.lexicon === undefined
        ? await lexiconOf(directory, recipe, codecs)
        : parseLexicon(await readInputLines(findCorpusFile(flags.lexicon)), flags.lexicon, codecs);
  const { ctcWeight } = flags;
  return {
    options: {
      ...(ctcWeight !== undefined && { ctcWeight }),
      ...(language && { languageModel: language }),
      ...(lexicon && { lexicon }),
    },
    described: {
      languageModel: language
        ? {
            ...(flags.languageModel
              ? { arpa: flags.languageModel }
              : decoding.languageModel?.arpa === undefined
                ? { order: decoding.languageModel?.order }
                : { arpa: decoding.languageModel.arpa }),
            unit: language.unit,
            weight: language.weight,
            bonus: language.bonus,
          }
        : null,
      lexicon: lexicon
        ? { from: flags.lexicon || (decoding.lexicon ?? ''), words: lexicon.words.size }
        : null,
    },
  };
}

/** The language model of the flags, else of the run; undefined for none. */
async function asked(
  directory: string,
  recipe: SpeechRecipe,
  codecs: SpeechCodecs,
  { languageModel: path, languageUnit, languageWeight, languageBonus }: SpeechSearchFlags,
): Promise<RecognitionOptions['languageModel']> {
  if (path === false) return undefined;
  const own = recipe.decoding.languageModel;
  const settings = {
    unit: languageUnit ?? own?.unit ?? usualUnit(codecs),
    weight: languageWeight ?? own?.weight ?? 0.5,
    bonus: languageBonus ?? own?.bonus ?? 0,
  };
  if (path === undefined) {
    const kept = await languageModelOf(directory, recipe);
    if (!kept) return undefined;
    if (languageUnit !== undefined && languageUnit !== own?.unit) {
      throw new UsageError(
        `--language-unit ${languageUnit} with the run's own model of ${own?.unit}s`,
        'what it was made of',
        'Leave it out, or name another model with --language-model.',
      );
    }
    return { ...kept, ...settings };
  }
  checkUnit(settings.unit, codecs, '--language-unit');
  const file = findCorpusFile(path);
  const model = parseArpa(new TextDecoder().decode(await readBytes(file)), path);
  checkKnowsSpace(model, settings.unit, codecs, path);
  return languageOptions(settings, model);
}

function checkFlags(flags: SpeechSearchFlags, { model, decoding }: SpeechRecipe): void {
  const { languageModel, languageBonus, lexicon } = flags;
  const detail = (['languageWeight', 'languageBonus', 'languageUnit'] as const).find(
    (name) => flags[name] !== undefined,
  );
  const hasModel = languageModel !== false && (languageModel !== undefined || decoding.languageModel);
  if (detail !== undefined && !hasModel) {
    throw new UsageError(
      `--language-${detail.slice('language'.length).toLowerCase()} without a language model`,
      'both',
      'Name one with --language-model, or leave it out.',
    );
  }
  if (model.type === 'ctc') return;
  if (languageBonus !== undefined && languageBonus !== 0) {
    throw new UsageError(
      `--language-bonus with a model of type ${model.type}`,
      'a model of CTC alone',
      'Take --length-penalty.',
    );
  }
  if (lexicon !== undefined && lexicon !== false) {
    throw new UsageError(
      `--lexicon with a model of type ${model.type}`,
      'a model of CTC alone',
      'Leave it out: the decoder of a listener follows no lexicon.',
    );
  }
}
