import type { ReportInput } from '#plugin/plugin';
import { launchBrowser, violationsOf, whenBrowser, type PageBrowser } from '../../test/browser.js';
import { explanationReport, hostileExplanations } from '../testing/explanations.js';
import { htmlReporter } from './html.js';
import { everyNth, isDeep } from '../../test/tier.js';

/** A page with every picture of an explanation, in Chromium. */

const PAGES = {
  pictures: explanationReport,
  german: () => ({ ...explanationReport(), language: 'de' }),
  chinese: () => ({ ...explanationReport(), language: 'zh-CN' }),
  hostile: hostileExplanations,
} satisfies Record<string, () => ReportInput>;
type Name = keyof typeof PAGES;

whenBrowser('the pictures of explanations are not opened')('pictures of explanations', () => {
  let browser: PageBrowser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterAll(() => browser.close());

  const open = (name: Name, scheme: 'light' | 'dark' = 'light', width = 1280) =>
    browser.open(name, () => htmlReporter.render(PAGES[name]()), { scheme, width });

  const ALL = `{ resultTypes: ['violations'] }`;
  /** What depends on the colours alone. */
  const COLOURS = `{ resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block'] }`;

  test.each([
    ['pictures', 'light', ALL],
    ['pictures', 'dark', isDeep ? ALL : COLOURS],
    ...(isDeep ? ([['hostile', 'light', ALL]] as const) : []),
  ] as const)('%s, %s: no console message, no request, accessible', async (name, scheme, rules) => {
    const { page, noise } = await open(name, scheme);
    expect(await violationsOf(page, rules)).toEqual([]);
    expect(noise).toEqual([]);
    await page.close();
  });

  test('of an adversary: no console message, no request', async () => {
    const { page, noise } = await open('hostile');
    expect(noise).toEqual([]);
    await page.close();
  });

  /** What reaches beyond the right edge, but for tables, which scroll in their frames. */
  const OVERFLOWING = (frames: string) => `[...document.querySelectorAll('body *')]
    .filter((element) => !element.closest('${frames}, .contents, .unseen, .skip, defs'))
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 0.5)
    .map((element) => element.tagName + ' ' + element.textContent.slice(0, 60))`;

  test.each(everyNth(3, ['pictures', 'german', 'chinese', 'hostile'] as const))(
    '%s: nothing moves sideways or runs over at 360, 768 and 1280 px, nor on paper',
    async (name) => {
      const { page } = await open(name);
      for (const width of [360, 768, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        expect([width, await page.evaluate<string[]>(OVERFLOWING('.frame'))]).toEqual([width, []]);
      }
      await page.emulateMedia({ media: 'print' });
      await page.setViewportSize({ width: 673, height: 900 });
      expect(await page.evaluate<string[]>(OVERFLOWING('none'))).toEqual([]);
      await page.close();
    },
  );

  test('every drawing has a name and a description, its data as a table, and letters of at least 11 px', async () => {
    const { page } = await open('pictures');
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      const small = await page.evaluate<string[]>(`[...document.querySelectorAll('figure svg text, figure .token')]
        .filter((text) => text.checkVisibility())
        .filter((text) => {
          const svg = text.closest('svg');
          const scale = svg === null ? 1 : svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
          return parseFloat(getComputedStyle(text).fontSize) * scale < 11;
        })
        .map((text) => text.textContent)`);
      expect([width, small]).toEqual([width, []]);
    }
    const bare = `[...document.querySelectorAll('figure svg')].filter((svg) => svg.getAttribute('role') !== 'img' ||
      !svg.querySelector(':scope > title')?.textContent).length`;
    expect(await page.evaluate<number>(bare)).toBe(0);
    const figures = await page.evaluate<number>(`document.querySelectorAll('figure').length`);
    expect(figures).toBe(10);
    expect(await page.evaluate<number>(`document.querySelectorAll('figure > details table').length`)).toBe(figures);
    await page.close();
  });

  test.each(['light', 'dark'] as const)('%s: bars, dots and lines have 3 : 1 against the ground', async (scheme) => {
    const { page } = await open('pictures', scheme);
    const colours = await page.evaluate<[string, string, string][]>(`(() => {
      const ground = getComputedStyle(document.body).backgroundColor;
      const marks = [['.gain', 'fill'], ['.loss', 'stroke'], ['.loss-hatch', 'stroke'], ['.residual', 'stroke'],
        ['.error', 'stroke'], ['.milestone', 'stroke'], ['.dots.rim', 'stroke'], ['.dashes', 'stroke'], ['.connector', 'stroke']];
      return marks.map(([mark, kind]) => [mark, getComputedStyle(document.querySelector('figure ' + mark))[kind], ground]);
    })()`);
    for (const [mark, colour, ground] of colours) expect([mark, contrast(colour, ground) >= 3]).toEqual([mark, true]);
    await page.close();
  });

  test('falls and negative places are hatched where colour is gone', async () => {
    const { page } = await open('pictures');
    expect(await page.locator('.chart.wide .loss').first().getAttribute('fill')).toMatch(/^url\(#.*-loss\)$/);
    const map = page.locator('svg.heat-map').first();
    const lit = async () => (await map.screenshot()).toString('base64');
    const hatched = await lit();
    await page.addStyleTag({ content: '.heat-hatch { stroke: none }' });
    expect(await lit()).not.toBe(hatched);
    await page.close();
  });

  test('tokens tell their sign by their underline, and print their values', async () => {
    const { page } = await open('pictures');
    const style = (token: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('.token[class*="${token}"]')).borderBottomStyle`);
    expect([await style('positive'), await style('negative')]).toEqual(['solid', 'dotted']);
    expect(await page.locator('.token .value').first().isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.token .value').first().isVisible()).toBe(true);
    expect(await page.locator('.token').count()).toBe(512);
    await page.close();
  });
});

/** WCAG 2.2, contrast of two colours as `getComputedStyle` writes them. */
function contrast(one: string, other: string): number {
  const [light = 1, dark = 0] = [one, other].map(luminance).sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((channel) => {
    const share = Number(channel) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test('a page with every picture and a text of 512 tokens stays under 500 kB', () => {
  expect(Buffer.byteLength(htmlReporter.render(explanationReport()))).toBeLessThan(500_000);
});
