/** What metrics are called, in which unit they are, and how one is said. */

interface Metric {
  readonly name: string;
  readonly unit: string;
  /** 0 to 1, said as a percentage */
  readonly isShare?: boolean;
}

const share = (name: string): Metric => ({ name, unit: 'share, 0 to 1', isShare: true });
const percent = (name: string): Metric => ({ name, unit: '%' });

/** Others go by their own name. */
const METRICS: Readonly<Record<string, Metric>> = {
  loss: { name: 'Loss', unit: 'nats' },
  perplexity: { name: 'Perplexity', unit: 'perplexity' },
  bleu: { name: 'BLEU', unit: 'BLEU' },
  bleu1: { name: 'BLEU-1', unit: 'BLEU' },
  bleu2: { name: 'BLEU-2', unit: 'BLEU' },
  bleu3: { name: 'BLEU-3', unit: 'BLEU' },
  cider: { name: 'CIDEr-D', unit: 'CIDEr-D' },
  chrf: { name: 'chrF', unit: 'chrF' },
  exactMatch: share('Exact match'),
  accuracy: share('Accuracy'),
  perfect: share('Sequences right'),
  wer: percent('Word error rate'),
  cer: percent('Character error rate'),
  meanError: percent('Mean error'),
  bits: { name: 'Cost', unit: 'bits a sequence' },
  bitErrors: percent('Bit errors'),
};

export const metricName = (name: string): string => METRICS[name]?.name ?? name;

export const metricUnit = (name: string): string => METRICS[name]?.unit ?? name;

/** Drawn together, where there are several. */
const TOGETHER = ['bleu1', 'bleu2', 'bleu3', 'bleu'];

/** Metrics that are drawn together, with a title and what each is called there. */
export function metricGroups(
  names: readonly string[],
): { title: string; metrics: { metric: string; series: string }[] }[] {
  const orders = TOGETHER.filter((name) => names.includes(name));
  return names.flatMap((name) => {
    if (orders.length < 2 || !orders.includes(name)) {
      const title = `${metricName(name)} of the validation`;
      return [{ title, metrics: [{ metric: name, series: 'validation' }] }];
    }
    if (name !== orders[0]) return [];
    const metrics = orders.map((metric) => ({ metric, series: `BLEU-${metric.slice(4) || 4}` }));
    return [{ title: 'BLEU of the validation', metrics }];
  });
}

/** Metrics and their values in a line. */
export const metricsText = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${metricName(name)} ${said(name, value)}`)
    .join(' · ');

function said(name: string, value: number): string {
  const { isShare, unit } = METRICS[name] ?? { unit: '' };
  if (isShare) return `${(100 * value).toFixed(1)} %`;
  return `${value === 0 ? '0' : value.toPrecision(4)}${unit === '%' || name === 'bits' ? ` ${unit}` : ''}`;
}
