/** Records whose class has `from <= measure < to`; the last bin has its end too. */
export interface MeasureBin {
  readonly from: number;
  readonly to: number;
  readonly records: number;
}

const MAX_BINS = 20;

/** At most 20 bins of equal width for what records have how often; Infinity is in none. Shares go from 0 to 1, counts by whole numbers. */
export function binsOf(recordsBy: ReadonlyMap<number, number>, format: 'count' | 'rate' | 'number'): MeasureBin[] {
  const values = [...recordsBy.keys()].filter(Number.isFinite);
  if (values.length === 0) return [];
  const lowest = values.reduce((a, b) => Math.min(a, b));
  const highest = values.reduce((a, b) => Math.max(a, b));
  const { from, width, count } = raster(lowest, highest, format);
  const records = new Array<number>(count).fill(0);
  for (const [value, some] of recordsBy) {
    if (!Number.isFinite(value)) continue;
    const bin = Math.min(count - 1, Math.floor((value - from) / width));
    records[bin] = (records[bin] ?? 0) + some;
  }
  return records.map((inside, i) => ({ from: from + i * width, to: from + (i + 1) * width, records: inside }));
}

function raster(
  lowest: number,
  highest: number,
  format: 'count' | 'rate' | 'number',
): { readonly from: number; readonly width: number; readonly count: number } {
  if (format === 'count') {
    const width = Math.ceil((highest - lowest + 1) / MAX_BINS);
    return { from: lowest, width, count: Math.ceil((highest - lowest + 1) / width) };
  }
  const end = format === 'rate' ? Math.max(1, highest) : highest;
  const width = end / MAX_BINS;
  return width > 0 ? { from: 0, width, count: MAX_BINS } : { from: 0, width: 1, count: 1 };
}
