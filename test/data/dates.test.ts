import { describe, expect, it } from 'vitest';
import { DATE_LOCALES, type DateLocale, dateFormats, generateDates } from '../../src/data/dates.ts';
import { UsageError } from '../../src/errors.ts';

const formats = DATE_LOCALES.flatMap((locale) => dateFormats(locale));

/** Runs of decimal digits of any script, as numbers. */
function numbersIn(text: string): number[] {
  const ascii = text.replace(/\p{Nd}/gu, (digit) => {
    // Decimal digits come in runs of ten; a run's zero is the only one whose predecessor is no digit.
    let value = 0;
    const code = digit.codePointAt(0) as number;
    while (/\p{Nd}/u.test(String.fromCodePoint(code - value - 1)) && value < 9) value++;
    return String(value);
  });
  return (ascii.match(/\d+/g) ?? []).map(Number);
}

describe('dates', () => {
  it('are written in at least 20 locales, each date determined by its text, over all days 1950–2049', () => {
    expect(DATE_LOCALES.length).toBeGreaterThanOrEqual(20);
    // A text holds its year and no other number above 31, so texts of different years differ:
    // it remains that within a year no two days share one.
    for (const { locale, style, format } of formats) {
      for (let year = 1950; year <= 2049; year++) {
        for (const [month, day] of [
          [0, 1],
          [8, 27],
        ]) {
          const text = format(new Date(Date.UTC(year, month, day)));
          const large = numbersIn(text).filter((number) => number > 31);
          expect(large, `${locale} ${style}: ${text}`).toEqual([year]);
        }
      }
    }
    let longest = 0;
    for (let year = 1950; year <= 2049; year++) {
      const days = new Map<string, number>();
      for (let day = Date.UTC(year, 0, 1); day < Date.UTC(year + 1, 0, 1); day += 86_400_000) {
        const date = new Date(day);
        for (const { locale, format } of formats) {
          const text = format(date);
          const earlier = days.get(text);
          if (earlier !== undefined && earlier !== day) {
            throw new Error(
              `${locale}: ${text} is ${date.toISOString()} and ${new Date(earlier).toISOString()}`,
            );
          }
          days.set(text, day);
          longest = Math.max(longest, text.length);
        }
      }
    }
    expect(longest).toBeLessThanOrEqual(45);
  });

  it('give the texts of the locale data, without marks and odd spaces', () => {
    const texts = (locale: DateLocale) =>
      dateFormats(locale).map(({ format }) => format(new Date(Date.UTC(2020, 2, 4))));
    expect(texts('de-DE')).toEqual(['4.3.2020', '04.03.2020', '4. März 2020', 'Mittwoch, 4. März 2020']);
    expect(texts('en-US')).toEqual(['Mar 4, 2020', 'March 4, 2020', 'Wednesday, March 4, 2020']);
    expect(texts('ja-JP')).toContain('2020年3月4日');
    expect(texts('ar-EG')[0]).toBe('٤ مارس ٢٠٢٠');
    expect(texts('th-TH').join()).toContain('2020');
    for (const { format } of formats) {
      expect(format(new Date(0))).toMatch(/^(?! )[^\p{Cf}\t\n\u00a0\u202f]+(?<! )$/u);
    }
  });

  it('are split by day: no held-out day is in training in any locale', () => {
    const { train, validation, test } = generateDates({ seed: 3, count: 30_000 });
    expect([train.length, validation.length, test.length]).toEqual([30_000, 1000, 1000]);
    const days = (pairs: { target: string }[]) => new Set(pairs.map((pair) => pair.target));
    const [a, b, c] = [days(train), days(validation), days(test)];
    const both = (x: Set<string>, y: Set<string>) => [...x].filter((day) => y.has(day));
    expect([both(a, b), both(a, c), both(b, c)]).toEqual([[], [], []]);
    expect(train.every(({ target }) => /^(19[5-9]|20[0-4])\d-\d\d-\d\d$/.test(target))).toBe(true);
    expect(new Set(train.map(({ source }) => source)).size).toBeGreaterThan(25_000);
  });

  it('repeat with the seed', () => {
    const first = generateDates({ seed: 8, count: 3000 });
    expect(generateDates({ seed: 8, count: 3000 })).toEqual(first);
    expect(generateDates({ seed: 9, count: 3000 }).train).not.toEqual(first.train);
  });

  it('keep to the years and locales asked for', () => {
    const { train } = generateDates({
      seed: 1,
      count: 200,
      locales: ['en-US'],
      firstYear: 2001,
      lastYear: 2002,
    });
    expect(train.every(({ source, target }) => /, 200[12]$/.test(source) && /^200[12]-/.test(target))).toBe(
      true,
    );
    expect(() => generateDates({ seed: 1, count: 1, locales: ['xx' as DateLocale] })).toThrow(UsageError);
    expect(() => generateDates({ seed: 1, count: 1, firstYear: 2000, lastYear: 1999 })).toThrow(UsageError);
    expect(() => generateDates({ seed: 1, count: 1, locales: [] })).toThrow(UsageError);
  });
});
