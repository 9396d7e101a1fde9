import { markup, type SafeMarkup } from '../markup.js';

const WIDTH = 96;
const HEIGHT = 12;

/** A share of the largest value, -1 to 1, as a bar to the left or right of nothing; its number stands beside it. */
export function shareBar(share: number): SafeMarkup {
  const middle = WIDTH / 2;
  const length = Math.min(1, Math.abs(share)) * middle;
  const x = share < 0 ? middle - length : middle;
  const tone = share < 0 ? 'below' : 'above';
  return markup`<svg class="share-bar" aria-hidden="true" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"><rect class="${tone}" x="${x}" y="1" width="${length}" height="${HEIGHT - 2}"/><line class="axis" x1="${middle}" x2="${middle}" y1="0" y2="${HEIGHT}"/></svg>`;
}
