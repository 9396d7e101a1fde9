import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { ReportInput } from '#plugin/plugin';
import { emptyReport, hostileReport, largeReport, mixedReport, passedReport } from '../testing/reports.js';
import { htmlReporter } from './html.js';

/** The page as people open it: from disk, in Chromium. */

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = BROWSERS.find((path) => existsSync(path));

if (executablePath === undefined) {
  const reason = 'no Chromium is installed: the report page is not opened';
  if (process.env['CI']) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
}
const whenBrowser = executablePath === undefined ? describe.skip : describe;

const REPORTS: Readonly<Record<string, () => ReportInput>> = {
  passed: passedReport,
  mixed: mixedReport,
  hostile: hostileReport,
  empty: emptyReport,
};

whenBrowser('the report page in a browser', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'assay-page-'));
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a report; everything that the page says to the console or asks of the network is an error. */
  async function open(name: string, width: number, scheme: 'light' | 'dark'): Promise<{ page: Page; noise: string[] }> {
    const file = join(folder, `${name}.html`);
    if (!existsSync(file)) writeFileSync(file, htmlReporter.render(REPORTS[name]?.() ?? emptyReport()));
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
    const noise: string[] = [];
    page.on('console', (message) => noise.push(message.text()));
    page.on('pageerror', (error) => noise.push(error.message));
    page.on('request', (request) => {
      const url = request.url();
      if (url !== pathToFileURL(file).href && !url.startsWith('data:')) noise.push(url);
    });
    await page.goto(pathToFileURL(file).href);
    return { page, noise };
  }

  for (const name of Object.keys(REPORTS)) {
    for (const scheme of name === 'mixed' ? (['light', 'dark'] as const) : (['light'] as const)) {
      test(`${name}, ${scheme}: no console message, no request, no violation of accessibility`, async () => {
        const { page, noise } = await open(name, 1280, scheme);
        // The page forbids scripts to itself; the check runs in the world of the tool.
        const session = await page.context().newCDPSession(page);
        await session.send('Page.setBypassCSP', { enabled: true });
        await page.reload();
        await page.evaluate(axe.source);
        const found = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
        const { violations } = found as { violations: { id: string; nodes: { html: string }[] }[] };
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200) ?? ''}`)).toEqual([]);
        expect(noise).toEqual([]);
        await page.close();
      });
    }

    test.each([360, 768])(`${name} at %i px does not move sideways`, async (width) => {
      const { page } = await open(name, width, 'light');
      const scrolled = await page.evaluate<number>('document.documentElement.scrollWidth');
      expect(scrolled).toBeLessThanOrEqual(width);
      await page.close();
    });
  }

  test('every status is a word and a shape, so that it can be read without colour', async () => {
    const { page } = await open('mixed', 1280, 'light');
    const text = await page.innerText('body');
    for (const status of [
      '✓ passed',
      '✕ failed',
      '? inconclusive',
      '! error',
      '– not applicable',
      '~ waived',
      '○ not run',
    ]) {
      expect(text.replaceAll(/\s+/g, ' ')).toContain(status);
    }
    await page.close();
  });

  test('texts that look like markup stay text', async () => {
    const { page } = await open('hostile', 1280, 'light');
    expect(await page.locator('script').count()).toBe(0);
    await page.close();
  });
});

test('30 findings with 60 pictures stay under 3 MB', () => {
  expect(Buffer.byteLength(htmlReporter.render(largeReport(30, 20)))).toBeLessThan(3_000_000);
});
