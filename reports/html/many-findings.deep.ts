import { largeReport } from '../testing/reports.js';
import { htmlReporter } from './html.js';

const FINDINGS = 10_000;
const MEBIBYTE = 2 ** 20;

test('10,000 findings are rendered in under 5 s, within 1 GB, and none is lost', () => {
  const input = largeReport(FINDINGS, 0);
  // The templates are compiled once a process, which is not what grows with the findings.
  htmlReporter.render(largeReport(1, 0));
  const memory = process.memoryUsage.rss();
  const [start, used] = [performance.now(), process.cpuUsage()];
  const html = htmlReporter.render(input);
  const elapsed = (performance.now() - start) / 1000;
  // What other processes take from the machine is not the page's.
  const { user, system } = process.cpuUsage(used);
  const seconds = (user + system) / 1e6;
  const grown = (process.memoryUsage.rss() - memory) / MEBIBYTE;
  process.stdout.write(
    `${FINDINGS} findings: ${seconds.toFixed(2)} s of processor time, ${elapsed.toFixed(2)} s on the clock, ${grown.toFixed(0)} MiB more memory, a page of ${(Buffer.byteLength(html) / 1e6).toFixed(1)} MB\n`,
  );
  expect(seconds).toBeLessThan(5);
  expect(grown).toBeLessThan(1024);
  for (const i of [0, 1, 4999, FINDINGS - 1]) expect(html).toContain(`>evasion/attack-${i}<`);
  const [table] = /<table class="glance">.*?<\/table>/s.exec(html)!;
  expect(table.match(/<bdi>evasion\/attack-\d+<\/bdi>/g)).toHaveLength(FINDINGS);
});
