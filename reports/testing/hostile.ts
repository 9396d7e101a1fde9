import { digestOfBytes } from '#base/digest';
import type { ReportInput } from '#plugin/plugin';
import { AREAS, SEVERITIES, STATUSES, type Finding } from '#report/report';
import { gapHistogram, garmentPairs, intervalAround, PLAIN, robustnessCurve } from './details.js';
import { example } from './example.js';
import { finding, rateMeasure, sign } from './findings.js';
import { ExampleFolder } from './pictures.js';

/** Names as an adversary would choose them. */
export const HOSTILE = {
  script: '<script>alert(1)</script><img src=x onerror=alert(2)>',
  attribute: '" onmouseover="alert(3)" x="',
  template: '{{template}} {{{raw}}} {{> page}} {{#each this}}',
  direction: 'model\u202Egnp.exe\u200F \u05D0\u05D1\u05D2 \u2066isolated',
  controls: 'nul\u0000 bell\u0007 esc\u001B[31m zero\u200Bwidth',
  long: 'a very long name '.repeat(600).slice(0, 10_000),
  unbroken: 'W'.repeat(10_000),
  markdown:
    '| cell | `tick` ``` [link](https://example.org) ![i](x) *b* _i_ ~s~ # @team #12 GH-7 www.example.org $x$ </td>',
  formula: '=HYPERLINK("x")',
} as const;

export function hostileReport(): ReportInput {
  const folder = new ExampleFolder();
  const names = Object.values(HOSTILE);
  const findings = names.map((name, i): Finding => {
    const pairs = garmentPairs(folder, `hostile-${i}`, 1);
    return finding(name, {
      cell: digestOfBytes(`hostile ${i}`),
      area: AREAS[i % AREAS.length] ?? 'other',
      severity: SEVERITIES[i % SEVERITIES.length] ?? 'low',
      status: STATUSES[i % STATUSES.length] ?? 'fail',
      title: name,
      claim: name,
      reasons: [name],
      measures: [rateMeasure(name, 0.5, 0.6, { interval: { ...intervalAround(0.5), method: name } })],
      signs: [sign(name, false, name)],
      details: [
        robustnessCurve(PLAIN, {
          title: name,
          description: name,
          x: { label: name, format: 'epsilon' },
          threshold: { y: 0.5, label: name },
          series: [
            {
              name,
              role: 'measured',
              points: [
                { x: 0, y: 0.9 },
                { x: 0.1, y: 0.2 },
              ],
            },
          ],
        }),
        { ...gapHistogram, title: name, threshold: { x: 0.03, label: name } },
        {
          kind: 'table',
          title: name,
          columns: [{ label: name, unit: name, format: 'text' }],
          rows: [[name]],
          note: name,
        },
        {
          ...pairs,
          title: name,
          rows: pairs.rows.map((row) => ({ ...row, why: name, truth: name, after: { label: name, probability: 0.5 } })),
        },
        { kind: 'tokens', title: name, rows: [{ sample: 1, tokens: [{ text: name, value: 1 }] }] },
      ],
      advice: name,
      description: name,
      sources: [name],
      frameworks: { [name]: [name] },
      options: { [name]: name },
      command: name,
      place: { line: i + 1, column: 1 },
      changes: [
        { label: name, before: 0.5, now: 0.4, n: 100, lost: 12, won: 2, test: name, p: 0.006, direction: 'worse' },
      ],
      texts: Object.fromEntries(
        (['de', 'zh-CN'] as const).map((language) => [language, { title: name, advice: name, description: name }]),
      ),
      waiver: i === 3 ? { audit: name, reason: name, owner: name, expires: name } : null,
    });
  });
  const input = example(HOSTILE.script, findings, folder, {
    threatModel: names.map((sentence) => ({ sentence, texts: { de: { sentence }, 'zh-CN': { sentence } } })),
    notTested: names.flatMap((what) =>
      (['without-number', 'unnamed'] as const).map((kind) => ({ what, kind, because: what })),
    ),
    baseline: {
      file: HOSTILE.formula,
      digest: HOSTILE.attribute,
      target: { name: HOSTILE.template, digest: HOSTILE.script },
    },
    policy: {
      preset: HOSTILE.markdown,
      digest: HOSTILE.direction,
      minimumSamples: 100,
      waivers: [{ audit: HOSTILE.script, reason: HOSTILE.long, owner: HOSTILE.unbroken, expires: HOSTILE.template }],
      file: HOSTILE.attribute,
      failures: { critical: 0, high: 0, medium: 0, low: 0 },
      regression: { alpha: 0.05, drop: 0 },
    },
  });
  const { report } = input;
  const target =
    report.target === null
      ? null
      : {
          ...report.target,
          digest: HOSTILE.attribute,
          labels: [...names],
          notes: [...names],
          format: HOSTILE.script,
          input: { name: HOSTILE.attribute, type: HOSTILE.template, shape: [HOSTILE.script, HOSTILE.unbroken, null] },
          checks: names.map((sentence) => ({ id: 'target/determinism' as const, holds: false, sentence })),
        };
  const { provenance } = report;
  return {
    ...input,
    report: {
      ...report,
      target,
      provenance: { ...provenance, config: HOSTILE.script, command: HOSTILE.template, seed: HOSTILE.direction },
    },
  };
}
