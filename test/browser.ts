import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = BROWSERS.find((path) => existsSync(path));

/** `describe`, or without a browser a skip with its reason; in CI an error. @param what is not done without one */
export function whenBrowser(what: string): jest.Describe {
  if (executablePath !== undefined) return describe;
  const reason = `no Chromium is installed: ${what}`;
  if (process.env['CI']) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return describe.skip;
}

export interface Opening {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
}

/** A page, and everything that it said to the console or asked of the network. */
export interface Opened {
  readonly page: Page;
  readonly noise: readonly string[];
}

export interface PageBrowser {
  /** Opens a page from disk. @param html is asked for once a name */
  open(name: string, html: () => string, opening?: Opening): Promise<Opened>;
  close(): Promise<void>;
}

export async function launchBrowser(): Promise<PageBrowser> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-page-'));
  const browser: Browser = await chromium.launch({
    executablePath: executablePath ?? '',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  return {
    async open(name, html, { width = 1280, scheme = 'light' } = {}) {
      const file = join(folder, `${name}.html`);
      if (!existsSync(file)) writeFileSync(file, html());
      const url = pathToFileURL(file).href;
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
      const noise: string[] = [];
      page.on('console', (message) => noise.push(message.text()));
      page.on('pageerror', (error) => noise.push(error.message));
      page.on('request', (request) => {
        if (request.url() !== url && !request.url().startsWith('data:')) noise.push(request.url());
      });
      await page.goto(url);
      return { page, noise };
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What axe finds, one line each. @param options of `axe.run`, as source text */
export async function violationsOf(page: Page, options = `{ resultTypes: ['violations'] }`): Promise<string[]> {
  // The page forbids scripts to itself; the check runs in the world of the tool.
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setBypassCSP', { enabled: true });
  await page.reload();
  await page.evaluate(axe.source);
  const found = await page.evaluate(`axe.run(document, ${options})`);
  const all = (found as { violations: { id: string; nodes: { html: string }[] }[] }).violations;
  return all.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200) ?? ''}`);
}
