import type { ReportInput } from '#plugin/plugin';
import { AREAS, SEVERITIES } from '#report/report';
import { garmentPairs, PLAIN, robustnessCurve } from './details.js';
import { example } from './example.js';
import { finding, rateMeasure, TRUSTED } from './findings.js';
import { ExampleFolder, signAt } from './pictures.js';

/** Many findings, and noise in colour, which compresses worst, as pictures of 224 x 224. */
export function largeReport(findingCount: number, pairCount: number): ReportInput {
  const folder = new ExampleFolder();
  const noise = (name: string, seed: number) =>
    folder.draw(
      name,
      224,
      (x, y) => [1, 2, 3].map((channel) => 127.5 + 127.5 * signAt(seed + channel, x, y)) as [number, number, number],
    );
  const [model] = garmentPairs(folder, 'model', 1).rows;
  if (model === undefined) throw new Error('the example folder draws no pairs');
  const findings = Array.from({ length: findingCount }, (_, i) => {
    const pairs = Math.floor(((i + 1) * pairCount) / findingCount) - Math.floor((i * pairCount) / findingCount);
    const rows = Array.from({ length: pairs }, (_, j) => ({
      ...model,
      original: noise(`counterexamples/${i}/${j}-original.png`, i + j),
      perturbation: noise(`counterexamples/${i}/${j}-perturbation.png`, i + j + 100),
      adversarial: noise(`counterexamples/${i}/${j}-adversarial.png`, i + j + 200),
    }));
    return finding(`evasion/attack-${i}`, {
      status: i % 3 === 0 ? 'fail' : 'pass',
      area: AREAS[i % AREAS.length] ?? 'other',
      severity: SEVERITIES[i % SEVERITIES.length] ?? 'low',
      measures: [rateMeasure('Robust accuracy at epsilon 0.1', (i % 100) / 100, 0.6)],
      signs: [...TRUSTED],
      details: [
        robustnessCurve(PLAIN),
        ...(rows.length === 0 ? [] : [{ kind: 'image-pairs' as const, title: 'Pairs', chosen: 'All.', rows }]),
      ],
    });
  });
  return example('large', findings, folder);
}
