/** How claims write numbers: independent of the machine's locale. */

/** 30162 as `30,162`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** A share as `4.1 %`; what is not exactly none or all is never written as such. */
export function percent(rate: number): string {
  const shown = (100 * rate).toFixed(1);
  if (rate > 0 && shown === '0.0') return '< 0.1 %';
  if (rate < 1 && shown === '100.0') return '> 99.9 %';
  return `${shown} %`;
}

/** `1 record`, `30,162 records`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** `p < .001`, `p = .012`: three decimals, without the zero that every one of them would have. */
export function pValue(p: number): string {
  if (!(p >= 0 && p <= 1)) return 'p ?';
  if (p < 0.001) return 'p < .001';
  if (p >= 0.9995 && p < 1) return 'p > .999';
  return `p = ${p.toFixed(3).replace(/^0/, '')}`;
}
