import { markup, nothing, type SafeMarkup } from '../markup.js';
import type { ChartAxis } from '../view/chart-schema.js';
import type { EffectChart } from '../view/feature-chart-schema.js';
import { axisName, langOf, type Frame, type Lang } from './frame.js';
import { wrapped } from './labels.js';
import type { Scale } from './scale.js';

const FONT = 12;
const LINE = 13;
/** A narrower slot has room for no name. */
const LEAST_SLOT = 34;

type Categories = NonNullable<EffectChart['categories']>;

/** The width that one category has, in pixels. */
export function slotOf(frame: Frame, { categories }: Pick<EffectChart, 'categories'>): number {
  return (frame.right - frame.left) / Math.max(1, categories?.length ?? 1);
}

/** The name of each category below its place, and how much of the data is of it. Where they are many, names are left out. */
export function categoryAxis(frame: Frame, axis: ChartAxis, x: Scale, categories: Categories, lang: Lang): SafeMarkup {
  const slot = slotOf(frame, { categories });
  const stride = Math.ceil(LEAST_SLOT / slot);
  const marks = categories.map(({ name, count }, i) => {
    if (i % stride !== 0) return nothing;
    const lines = wrapped(name, slot * stride - 4, FONT, 2);
    const written = [...lines, ...(count === null ? [] : [count])].map(
      (line, k) => markup`<tspan x="${x(i)}" y="${frame.bottom + 15 + k * LINE}">${line}</tspan>`,
    );
    return markup`<text class="tick" text-anchor="middle">${written}</text>`;
  });
  return markup`<line class="axis" x1="${frame.left}" x2="${frame.right}" y1="${frame.bottom}" y2="${frame.bottom}"/>${marks}<text class="axis-name"${langOf(lang)} x="${frame.left}" y="${frame.height - 6}">${axisName(axis, frame.width - frame.left)}</text>`;
}
