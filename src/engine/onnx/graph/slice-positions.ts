/**
 * The positions of an axis that Slice takes. Bounds below zero count from the end; then they are cut to the axis, or to one
 * before its start where steps go down.
 */
export function slicePositions(size: number, start: number, end: number, step: number): number[] {
  const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
  const cut = (bound: number): number => Math.min(Math.max(bound < 0 ? bound + size : bound, least), most);
  const first = step > 0 ? cut(start) : Math.max(cut(start), 0);
  const count = Math.max(0, Math.ceil((cut(end) - first) / step));
  return Array.from({ length: count }, (_, k) => first + k * step);
}
