/** All classes but one, those with the largest scores first; of equal scores the first class. */
export function othersByScore(scores: Float32Array, label: number): readonly number[] {
  const others = Array.from(scores.keys()).filter((k) => k !== label);
  return others.sort((a, b) => (scores[b] ?? NaN) - (scores[a] ?? NaN) || a - b);
}
