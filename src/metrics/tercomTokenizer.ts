import { splitWords, trimEnd } from './text.ts';
import { decodeEntities, splitAroundDigits, splitSymbols } from './tokenizers.ts';

export interface TercomOptions {
  /** Decode XML entities and split off punctuation. Default false. */
  normalized?: boolean;
  /** Leave out `. , ? : ; ! " ( )`. Default false. */
  noPunctuation?: boolean;
  /** With `normalized`, CJK characters are words; with `noPunctuation`, CJK marks are left out. Default false. */
  asianSupport?: boolean;
  /** Keep letter case. Default false. */
  caseSensitive?: boolean;
}

/** Radicals, strokes, enclosed letters, ideographs, compatibility forms: each is a word of its own. */
const asianCharacters = /[\u2e80-\u2eff\u31c0-\u31ef\u3200-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f]/g;
const asianMarks =
  /[\u3001\u3002\u3008-\u3011\u3014-\u301f\uff61-\uff65\u30fb\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09]/g;

/**
 * Words of a line as Tercom's normalizer cuts it, in sacreBLEU's reading. Its rules for runs of kana are not here:
 * they ask for a line that begins with kana, and at that point every line begins with a space.
 */
export function tercomWords(text: string, options: TercomOptions = {}): string[] {
  const { normalized = false, noPunctuation = false, asianSupport = false, caseSensitive = false } = options;
  let line = trimEnd(text);
  if (!caseSensitive) line = line.toLowerCase();
  if (normalized) {
    line = decodeEntities(line.replaceAll('\n-', '').replaceAll('\n', ' '));
    line = splitAroundDigits(splitSymbols(` ${line} `).replaceAll("'s ", " 's "));
    if (asianSupport) line = line.replace(asianCharacters, ' $& ').replace(asianMarks, ' $& ');
  }
  if (noPunctuation) {
    line = line.replace(/[.,?:;!"()]/g, '');
    if (asianSupport) line = line.replace(asianMarks, '');
  }
  return splitWords(line);
}
