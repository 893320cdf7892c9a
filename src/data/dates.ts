import { UsageError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Pair } from './corpus.ts';

export type DateStyle = 'numeric' | 'medium' | 'long' | 'full';

/**
 * The styles used of each locale. Left out are those that do not determine the date: 03/04/2020 is April in London
 * and March in New York, so a numeric style is used only where the year comes first or dots say day.month.year.
 */
const STYLES = {
  'ar-EG': ['long', 'full'],
  'cs-CZ': ['medium', 'long', 'full'],
  'da-DK': ['medium', 'long', 'full'],
  'de-DE': ['numeric', 'medium', 'long', 'full'],
  'el-GR': ['medium', 'long', 'full'],
  'en-GB': ['medium', 'long', 'full'],
  'en-US': ['medium', 'long', 'full'],
  'es-ES': ['medium', 'long', 'full'],
  'fi-FI': ['medium', 'long', 'full'],
  'fr-FR': ['medium', 'long', 'full'],
  'he-IL': ['numeric', 'medium', 'long', 'full'],
  'hi-IN': ['medium', 'long', 'full'],
  'hu-HU': ['numeric', 'medium', 'long', 'full'],
  'id-ID': ['medium', 'long', 'full'],
  'it-IT': ['medium', 'long', 'full'],
  'ja-JP': ['numeric', 'medium', 'long', 'full'],
  'ko-KR': ['medium', 'long', 'full'],
  'nl-NL': ['medium', 'long', 'full'],
  'pl-PL': ['numeric', 'medium', 'long', 'full'],
  'pt-BR': ['medium', 'long', 'full'],
  'ro-RO': ['medium', 'long', 'full'],
  'ru-RU': ['numeric', 'medium', 'long', 'full'],
  'sv-SE': ['numeric', 'medium', 'long', 'full'],
  'th-TH': ['medium', 'long', 'full'],
  'tr-TR': ['numeric', 'medium', 'long', 'full'],
  'uk-UA': ['medium', 'long', 'full'],
  'vi-VN': ['medium', 'long', 'full'],
  'zh-CN': ['numeric', 'long', 'full'],
} as const satisfies Record<string, readonly DateStyle[]>;

export type DateLocale = keyof typeof STYLES;

/** The locales that dates are written in by default: all there are. */
export const DATE_LOCALES = Object.keys(STYLES) as readonly DateLocale[];

export interface DateFormat {
  locale: DateLocale;
  style: DateStyle;
  /** The date's day in UTC, Gregorian calendar, written as that locale does. */
  format(date: Date): string;
}

/** Making an Intl formatter takes as long as hundreds of dates, so each is made once. */
const formats = new Map<DateLocale, readonly DateFormat[]>();

/** The ways a locale writes dates. @throws UsageError for a locale not in DATE_LOCALES */
export function dateFormats(locale: DateLocale): readonly DateFormat[] {
  if (!Object.hasOwn(STYLES, locale)) {
    throw new UsageError(`dates in the locale ${locale}`, DATE_LOCALES.join(', '), 'Choose among these.');
  }
  const made =
    formats.get(locale) ??
    STYLES[locale].map((style): DateFormat => {
      const formatter = new Intl.DateTimeFormat(locale, {
        calendar: 'gregory',
        timeZone: 'UTC',
        ...(style === 'numeric'
          ? { year: 'numeric', month: 'numeric', day: 'numeric' }
          : { dateStyle: style }),
      });
      // Invisible direction marks and the kinds of space differ between releases of the locale data.
      const format = (date: Date) =>
        formatter
          .format(date)
          .replace(/[\u200e\u200f\u061c]/g, '')
          .replace(/\s/g, ' ');
      return { locale, style, format };
    });
  formats.set(locale, made);
  return made;
}

export interface DateOptions {
  seed: number;
  /** Training pairs. */
  count: number;
  /** Validation pairs; default 1,000. */
  validation?: number;
  /** Test pairs; default 1,000. */
  test?: number;
  /** Default: all of DATE_LOCALES. */
  locales?: readonly DateLocale[];
  /** Years that dates are drawn from, both included; default 1950 and 2049. */
  firstYear?: number;
  lastYear?: number;
}

export interface DatePairs {
  train: Pair[];
  validation: Pair[];
  test: Pair[];
}

/** Share of all days kept for validation, and as many for the test. */
const HELD_OUT = 0.1;
const DAY = 86_400_000;

/**
 * The embedded task "dates": a date as some locale writes it → `YYYY-MM-DD`. Day, locale and style are drawn
 * uniformly. The days themselves are split, so no day of validation or test occurs in training in any locale.
 * The texts are those of the platform's own locale data (CLDR), which changes a little between releases.
 *
 * @throws UsageError for an unknown locale or a range of years that is empty or not of four digits
 */
export function generateDates(options: DateOptions): DatePairs {
  const { seed, count, validation = 1000, test = 1000, locales = DATE_LOCALES } = options;
  const { firstYear = 1950, lastYear = 2049 } = options;
  if (!(firstYear >= 1000 && lastYear <= 9999 && firstYear <= lastYear) || locales.length === 0) {
    throw new UsageError(
      `dates of the years ${firstYear} to ${lastYear} in ${locales.length} locales`,
      'years from 1000 to 9999, the first not after the last, and at least one locale',
      'Change the options.',
    );
  }
  const random = new Random(seed);
  const first = Date.UTC(firstYear, 0, 1);
  const days = Array.from(
    { length: (Date.UTC(lastYear + 1, 0, 1) - first) / DAY },
    (_, i) => first + i * DAY,
  );
  random.shuffle(days);
  const heldOut = Math.floor(days.length * HELD_OUT);
  const draw = (from: readonly number[], pairs: number): Pair[] =>
    Array.from({ length: pairs }, (_, index) => {
      const date = new Date(from[random.integer(from.length)]);
      const ways = dateFormats(locales[random.integer(locales.length)]);
      const source = ways[random.integer(ways.length)].format(date);
      return { source, target: date.toISOString().slice(0, 10), line: index + 1 };
    });
  return {
    train: draw(days.slice(2 * heldOut), count),
    validation: draw(days.slice(0, heldOut), validation),
    test: draw(days.slice(heldOut, 2 * heldOut), test),
  };
}
