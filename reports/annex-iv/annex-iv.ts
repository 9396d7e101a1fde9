import { defineReporter } from '#plugin/define';
import type { ReportInput } from '#plugin/plugin';
import { clauseMap } from '#report/clauses';
import { counted, formatTime } from '../format.js';
import { coded, columns, named, table, TO_BE_SUPPLIED } from '../model-card/tables.js';
import { gateSentence, gateStatus } from '../status.js';
import { ELEMENTS } from './elements.js';
import { factsOf, type Facts } from './facts.js';
import { GENERAL } from './general.js';
import { OPERATION } from './operation.js';
import { fillItem, statusOfItems, type FilledItem, type FillStatus, type Point } from './point.js';
import { tablesOf } from './tables.js';

/** Annex IV of Regulation (EU) 2024/1689, the technical documentation of Article 11(1), point by point. */
export const annexIvReporter = defineReporter({
  id: 'annex-iv',
  file: 'annex-iv.md',
  description:
    'What the audit fills of the technical documentation under Annex IV of the EU AI Act, and what the provider must supply.',
  render: annexIv,
});

export const POINTS: readonly Point[] = [...GENERAL, ...ELEMENTS, ...OPERATION];

interface FilledPoint {
  readonly id: string;
  readonly title: string;
  readonly items: readonly FilledItem[];
  readonly status: FillStatus;
}

function annexIv(input: ReportInput): string {
  const facts = factsOf(input);
  const points = POINTS.map(({ id, title, items }): FilledPoint => {
    const filled = items.map((item) => fillItem(item, facts));
    return { id, title, items: filled, status: statusOfItems(filled) };
  });
  const parts = [
    `# Evidence toward Annex IV: ${named(facts.report.target?.name ?? 'no model was audited')}`,
    ...preface(facts),
    '## Overview',
    overview(points),
    ...points.flatMap((point) => [`## ${point.id} ${point.title}`, itemsTable(point)]),
    ...tablesOf(facts).flatMap(({ title, content }) => [`## ${title}`, content]),
    '## Responsible persons',
    table(columns('Name', 'Role', 'Date', 'Signature'), [Array.from({ length: 4 }, () => TO_BE_SUPPLIED)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function preface({ report, timings }: Facts): string[] {
  const { tool, target, policy } = report;
  const { shape, word } = gateStatus(report);
  const act = clauseMap().frameworks['eu-ai-act'];
  const date = formatTime(timings.finished);
  const edition = act === undefined ? '' : ` (${named(act.version)}, as of ${named(clauseMap().date)})`;
  return [
    `**Evidence toward the technical documentation, not a conformity assessment.** An audit of a model fills parts of what Article 11(1) and Annex IV of Regulation (EU) 2024/1689${edition} ask of the provider of a high-risk AI system. Whether the system is one, and whether it conforms, is for the provider, and where it applies a notified body, to judge. What is asked stands here in other words than those of the Regulation, whose text alone is binding.`,
    `Audited${date === null ? '' : ` ${date}`} by Assay ${named(tool.version)}${target === null ? '' : `; model ${coded(target.digest)}`}; policy ${named(policy.preset)}, ${coded(policy.digest)}. Decision of the gate: ${shape} ${word}. ${gateSentence(report)}`,
    'Status: **filled**, the report answers the item for what was audited; **partly**, it answers a part, and the provider supplies the rest; **provider**, the provider supplies all of it. A status says where the answer comes from, not whether it is a good one.',
  ];
}

function overview(points: readonly FilledPoint[]): string {
  return table(
    columns('Point', 'About', 'Status', 'Items'),
    points.map(({ id, title, items, status }) => [id, title, status, itemsInWords(items)]),
  );
}

function itemsInWords(items: readonly FilledItem[]): string {
  const counts = (['filled', 'partly', 'provider'] as const).flatMap((status) => {
    const count = items.filter((item) => item.status === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  return `${counted(items.length, 'item')}: ${counts.join(', ')}`;
}

function itemsTable({ items }: FilledPoint): string {
  return table(
    columns('Asked for', 'From this audit', 'The provider supplies', 'Status'),
    items.map(({ asked, evidence, provider, status }) => [
      asked,
      evidence ?? 'Nothing.',
      provider === null ? 'Nothing further on this audit.' : `_${provider}_`,
      status,
    ]),
  );
}
