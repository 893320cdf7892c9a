/** Tokens as people can read them: spaces and line breaks are made visible. */
export const shown = (token: string): string =>
  token.replace(/ /g, '␣').replace(/\n/g, '⏎').replace(/\t/g, '⇥') || '∅';

/** Number with so many digits that columns of them line up. */
export const figure = (value: number, digits = 3): string =>
  Number.isFinite(value) ? value.toFixed(digits).replace('-', '−') : '–';

export const percent = (share: number): string =>
  share >= 0.9995 ? '100 %' : share < 0.0005 && share > 0 ? '<0.1 %' : `${(100 * share).toFixed(1)} %`;

export const bytesText = (bytes: number): string =>
  bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
