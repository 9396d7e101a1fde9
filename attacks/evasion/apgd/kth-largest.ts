/**
 * The k-th largest of some values by selection (Hoare 1961, "Algorithm 65: Find"), in linear time on average.
 *
 * @param values without NaN; reordered
 * @param k from 1 for the largest
 */
export function kthLargest(values: Float64Array, k: number): number {
  const wanted = values.length - k;
  let first = 0;
  let last = values.length - 1;
  while (first < last) {
    const pivot = values[(first + last) >> 1] ?? NaN;
    let up = first;
    let down = last;
    while (up <= down) {
      while ((values[up] ?? NaN) < pivot) up++;
      while ((values[down] ?? NaN) > pivot) down--;
      if (up > down) break;
      const swapped = values[up] ?? NaN;
      values[up++] = values[down] ?? NaN;
      values[down--] = swapped;
    }
    if (wanted <= down) last = down;
    else if (wanted >= up) first = up;
    else return pivot;
  }
  return values[wanted] ?? NaN;
}
