import { heatColour } from '#report/heat-map';
import { formatNumber } from '../../format.js';
import { markup, nothing, type SafeMarkup } from '../markup.js';
import type { HeatLegend } from '../view/feature-chart-schema.js';
import type { Image } from '../view/figure-schema.js';
import { langOf } from './frame.js';
import { BOLD_SIZE, fitted } from './labels.js';

const LEGEND = { width: 320, height: 78, left: 20, top: 22, bottom: 36 } as const;
/** Swatches on each side of nothing. */
const STEPS = 16;

/** A map as its picture, hatched where it is negative: the sign is seen without colour. */
export function heatMap(image: Image): SafeMarkup {
  const { source, hatched, width, height, text } = image;
  if (source === null || hatched === null) return nothing;
  const size = markup`width="${width}" height="${height}"`;
  const { id, mask } = hatched;
  return markup`<svg class="heat-map" role="img" viewBox="0 0 ${width} ${height}" ${size}><title>${text}</title><defs>${hatch(`${id}-hatch`)}<mask id="${id}-below"><image href="${mask}" ${size} preserveAspectRatio="none"/></mask></defs><image href="${source}" ${size} preserveAspectRatio="none"/><rect ${size} fill="url(#${id}-hatch)" mask="url(#${id}-below)"/></svg>`;
}

/** The colours of maps with their numbers, in the same colours as the pictures on every ground. */
export function heatLegend({ id, lang, unit, summary, scale, words }: HeatLegend): SafeMarkup {
  const { width, height, left, top, bottom } = LEGEND;
  const right = width - left;
  const x = (share: number) => left + ((share + 1) / 2) * (right - left);
  const swatch = (right - left) / (2 * STEPS + 1);
  const swatches = Array.from({ length: 2 * STEPS + 1 }, (_, i) => {
    const colour = heatColour((i - STEPS) / STEPS);
    return markup`<rect x="${left + i * swatch}" y="${top}" width="${swatch + 0.4}" height="${bottom - top}" fill="#${hex(colour)}"/>`;
  });
  const ticks = [-1, -0.5, 0, 0.5, 1].map(
    (share) =>
      markup`<line class="axis" x1="${x(share)}" x2="${x(share)}" y1="${bottom}" y2="${bottom + 4}"/><text class="tick" x="${x(share)}" y="${bottom + 18}" text-anchor="middle">${formatNumber(share * scale)}</text>`,
  );
  const room = (width - 8) / 2;
  return markup`<svg class="chart heat-legend" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title${langOf(lang)}>${unit}</title><desc>${summary}</desc><defs>${hatch(`${id}-hatch`)}</defs><text x="0" y="12">${fitted(words.negative, room, BOLD_SIZE)}</text><text x="${width}" y="12" text-anchor="end">${fitted(words.positive, room, BOLD_SIZE)}</text>${swatches}<rect x="${left}" y="${top}" width="${(right - left) / 2 - swatch / 2}" height="${bottom - top}" fill="url(#${id}-hatch)"/><rect class="heat-frame" x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"/>${ticks}<text class="axis-name"${langOf(lang)} x="${width / 2}" y="72" text-anchor="middle">${fitted(unit, width, BOLD_SIZE)}</text></svg>`;
}

/** White lines: they show as far as the colour below them is strong, and not at all on white. */
function hatch(id: string): SafeMarkup {
  return markup`<pattern id="${id}" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="heat-hatch" x1="0.5" y1="0" x2="0.5" y2="4"/></pattern>`;
}

function hex(colour: readonly number[]): string {
  return colour.map((channel) => channel.toString(16).padStart(2, '0')).join('');
}
