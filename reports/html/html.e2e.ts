import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { ReportInput } from '#plugin/plugin';
import { LANGUAGES, type Language, type Report, type Timings } from '#report/report';
import { upgraded } from '#report/upgrade';
import { visible } from '../format.js';
import { STATUSES } from '../status.js';
import { launchBrowser, violationsOf, whenBrowser, type Opening, type PageBrowser } from '../../test/browser.js';
import { goldenReport, idsReport } from '../testing/golden.js';
import { emptyReport, HOSTILE, hostileReport, largeReport, passedReport } from '../testing/reports.js';
import { htmlReporter } from './html.js';
import { wordsOf } from './language/languages.js';
import { everyNth } from '../../test/tier.js';

/** The page as people open it: from disk, in Chromium. */

const read = (name: string) =>
  JSON.parse(readFileSync(join(packageRoot(), 'fixtures/reports', name), 'utf8')) as object;

/** The committed report, with the pictures that it names. */
function golden(): ReportInput {
  const [report, timings] = [read('mixed-2.json') as Report, read('mixed-2-timings.json') as Timings];
  return { ...goldenReport(), report, timings };
}

/** A real run of version 1, whose folder is no longer there. */
function first(): ReportInput {
  const report = upgraded(read('report-1.json')) as Report;
  return { report, timings: read('timings-1.json') as Timings, readFile: () => null, language: 'en' };
}

/** The hostile report with a harmless name in the place of each hostile one. */
function harmless(): ReportInput {
  const names = new Map<string, string>(Object.values(HOSTILE).map((name, i) => [name, `harmless ${i}`]));
  const replaced = (value: unknown): unknown => {
    if (typeof value === 'string') return names.get(value) ?? value;
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [names.get(key) ?? key, replaced(item)]));
  };
  const input = hostileReport();
  return { ...input, report: replaced(input.report) as Report, timings: replaced(input.timings) as Timings };
}

const REPORTS: Readonly<Record<string, () => ReportInput>> = {
  golden,
  ids: idsReport,
  passed: passedReport,
  hostile: hostileReport,
  harmless,
  empty: emptyReport,
  first,
};

whenBrowser('the report page is not opened')('the report page in a browser', () => {
  let browser: PageBrowser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterAll(() => browser.close());

  /** Opens a report; everything that the page says to the console or asks of the network is an error. */
  const open = (name: string, { language = 'en', ...opening }: Opening & { readonly language?: Language } = {}) =>
    browser.open(`${name}-${language}`, () => htmlReporter.render({ ...REPORTS[name]!(), language }), opening);

  const examples = Object.keys(REPORTS).filter((name) => name !== 'harmless');
  const opened = [
    ...['golden', 'ids', 'empty', 'hostile'].map((name) => [name, 'en'] as const),
    ...(['de', 'zh-CN'] as const).map((language) => ['golden', language] as const),
  ];
  /** What depends on the colours alone: languages have them in common, and the golden page has every status. */
  const COLOURS = `{ resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block'] }`;

  test.each([
    ...everyNth(3, opened).map(
      ([name, language]) => [name, language, 'light', `{ resultTypes: ['violations'] }`] as const,
    ),
    ['golden', 'en', 'dark', COLOURS] as const,
  ])('%s, %s, %s: no console message, no request, accessible', async (name, language, scheme, rules) => {
    const { page, noise } = await open(name, { scheme, language });
    expect(await violationsOf(page, rules)).toEqual([]);
    expect(noise).toEqual([]);
    await page.close();
  });

  test.each(['passed', 'first'])('%s: no console message, no request', async (name) => {
    const { page, noise } = await open(name);
    expect(noise).toEqual([]);
    await page.close();
  });

  /** What reaches beyond the right edge of the page, but for what is hidden and what lies in `frames` of its own. */
  const overflowing = (frames: string) => `[...document.querySelectorAll('body *')]
    .filter((element) => !element.closest('${frames}, .contents, .unseen, .skip'))
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 0.5)
    .map((element) => element.tagName + ' ' + element.textContent.slice(0, 60))`;

  const pages = [
    ...examples.map((name) => [name, 'en'] as const),
    ...(['de', 'zh-CN'] as const).flatMap((language) => ['golden', 'hostile'].map((name) => [name, language] as const)),
  ];

  test.each(everyNth(3, pages))(
    '%s, %s: nothing moves sideways or runs over at 360, 768 and 1280 px',
    async (name, language) => {
      const { page } = await open(name, { width: 360, language });
      for (const width of [360, 768, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        expect([width, await page.evaluate<string[]>(overflowing('.frame'))]).toEqual([width, []]);
      }
      await page.close();
    },
  );

  test.each(LANGUAGES)(
    '%s: every status is a word and a shape, so that it can be read without colour',
    async (language) => {
      const { page } = await open('golden', { language });
      const text = (await page.innerText('body')).replaceAll(/\s+/g, ' ');
      for (const { word, shape } of STATUSES) expect(text).toContain(`${shape} ${wordsOf(language).status[word]}`);
      expect(await page.getAttribute('html', 'lang')).toBe(language);
      await page.close();
    },
  );

  test.each(['light', 'dark'] as const)(
    '%s: colours of words have a contrast of 4.5 : 1, of lines 3 : 1',
    async (scheme) => {
      const { page } = await open('golden', { scheme });
      const colours = await page.evaluate<Record<string, string>>(`(() => {
      const root = getComputedStyle(document.documentElement);
      const names = ['paper', 'ink', 'muted', 'passed', 'failed', 'inconclusive', 'waived', 'series-1', 'series-2', 'series-3', 'series-4'];
      return Object.fromEntries(names.map((name) => [name, root.getPropertyValue('--' + name).trim()]));
    })()`);
      const { paper, ...others } = colours;
      for (const [name, colour] of Object.entries(others)) {
        expect([name, contrast(colour, paper!) >= (name.startsWith('series') ? 3 : 4.5)]).toEqual([name, true]);
      }
      const drawn = await page.evaluate<string[]>(
        `['passed', 'failed', 'inconclusive', 'waived', 'muted'].map((tone) => getComputedStyle(document.querySelector('.status.' + tone)).color)`,
      );
      const tones = ['passed', 'failed', 'inconclusive', 'waived', 'muted'].map((tone) =>
        rgb(colours[tone]!).join(', '),
      );
      expect(drawn).toEqual(tones.map((tone) => `rgb(${tone})`));
      await page.close();
    },
  );

  const printed = [...LANGUAGES.map((language) => ['golden', language] as const), ['hostile', 'en'] as const];

  test.each(everyNth(printed.length - 1, printed))(
    '%s, %s, on paper: everything open, nothing cut, no dark ground, no contents',
    async (name, language) => {
      const { page } = await open(name, { scheme: 'dark', language });
      const hidden = `[...document.querySelectorAll('details > *')].filter((element) => !element.checkVisibility({ contentVisibilityAuto: true })).length`;
      expect(await page.evaluate<number>(hidden)).toBeGreaterThan(0);
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      expect(await page.evaluate<number>(hidden)).toBe(0);
      expect(await page.evaluate<number>(`document.querySelectorAll('details details table').length`)).toBeGreaterThan(
        0,
      );
      expect(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
      expect(await page.evaluate<string>('getComputedStyle(document.body).color')).toBe('rgb(27, 31, 36)');
      expect(await page.isVisible('nav.contents')).toBe(false);
      // The width of A4 between its margins: tables that scroll on a screen have to fit.
      await page.setViewportSize({ width: 673, height: 900 });
      expect(await page.evaluate<string[]>(overflowing('none'))).toEqual([]);
      const paper = await page.pdf({ preferCSSPageSize: true, printBackground: true });
      expect(paper.subarray(0, 5).toString()).toBe('%PDF-');
      expect(paper.toString('latin1').match(/\/Type\s*\/Page\b/g)!.length).toBeGreaterThan(3);
      await page.close();
    },
  );

  test('indices instead of samples: no picture is there, and nothing asks for one', async () => {
    const { page } = await open('ids');
    expect(await page.locator('img, .token').count()).toBe(0);
    expect(await page.locator('text=This run shows indices instead of samples').count()).toBeGreaterThan(1);
    await page.close();
    const { page: shown } = await open('golden');
    expect(await shown.locator('img').count()).toBeGreaterThan(10);
    await shown.close();
  });

  describe('texts of an adversary', () => {
    /** Elements by tag, those aside that depend on the length of a name or on the backticks in it. */
    const COUNTS = `[...document.querySelectorAll('*')].reduce((counts, { tagName }) => {
      if (!['code', 'tspan'].includes(tagName.toLowerCase())) counts[tagName] = (counts[tagName] ?? 0) + 1;
      return counts;
    }, {})`;

    test('make no element that harmless ones do not make', async () => {
      const counts = [];
      for (const name of ['hostile', 'harmless']) {
        const { page } = await open(name);
        counts.push(await page.evaluate<object>(COUNTS));
        await page.close();
      }
      expect(counts[0]).toEqual(counts[1]);
    });

    test.each(LANGUAGES)('%s: are read as they are, and run nothing', async (language) => {
      const { page, noise } = await open('hostile', { language });
      const text = await page.evaluate<string>('document.body.textContent');
      const { long, unbroken, markdown, ...whole } = HOSTILE;
      for (const name of Object.values(whole)) expect(text).toContain(visible(name));
      for (const name of [long, unbroken]) expect(text).toContain(name.slice(0, 100));
      expect(text).toContain(markdown.replaceAll('`tick`', 'tick').slice(0, 20));
      expect(await page.locator('script, iframe, object, [onmouseover], [onerror]').count()).toBe(0);
      expect(await page.locator('a:not([href^="#"]), img:not([src^="data:image/png;base64,"])').count()).toBe(0);
      expect(noise).toEqual([]);
      await page.close();
    });
  });
});

type Channels = readonly [number, number, number];

function rgb(hex: string): Channels {
  const channel = (at: number) => parseInt(hex.slice(at, at + 2), 16);
  return [channel(1), channel(3), channel(5)];
}

/** WCAG 2.2, contrast ratio and relative luminance. */
function contrast(one: string, other: string): number {
  const luminance = (hex: string) => {
    const [red, green, blue] = rgb(hex).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    }) as unknown as Channels;
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

test('30 findings with 60 pictures stay under 3 MB', () => {
  expect(Buffer.byteLength(htmlReporter.render(largeReport(30, 20)))).toBeLessThan(3_000_000);
});
