import { digestOfJson, type Digest } from '#base/digest';
import { AssayError, messageOf } from '#base/errors';
import type { Json } from '#base/json';
import type { Plugin, SampleOutcomes } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import type { DataCard, TargetCard } from '#report/report';
import type { FinishedRun } from '../finished-run.js';
import type { Cell } from '../types.js';
import type { Baseline } from './file.js';

/** What of a run is blessed, or compared with what was. */
export interface Subject {
  readonly target: Baseline['target'];
  readonly cells: readonly SubjectCell[];
}

export interface SubjectCell {
  readonly cell: Cell;
  readonly plugin: Plugin;
  readonly options: Digest;
  readonly data: Readonly<Record<string, Digest>>;
  /** Empty for plugins that have none; a sentence where the cell ended without evidence, or the plugin failed. */
  readonly outcomes: readonly SampleOutcomes[] | string;
}

function subjectTarget(card: TargetCard | null): Subject['target'] {
  if (card === null) return null;
  const { name, digest, domain, head, labels } = card;
  const { kind, shape, range, layout } = domain;
  return {
    name,
    digest,
    interface: {
      inputs: [kind, shape.join(' x '), layout, range?.join(' to ')].filter(Boolean).join(', '),
      outputs: `${head.kind}, ${head.outputs}`,
      labels: labels === null ? null : digestOfJson(labels),
    },
  };
}

function dataDigests(cell: Cell, cards: readonly DataCard[]): Readonly<Record<string, Digest>> {
  const used = cards.filter(({ role }) => (cell.data as readonly string[]).includes(role));
  return Object.fromEntries(used.map(({ role, digest }) => [role, digest as Digest]));
}

/** What of a finished run can be blessed or compared: the cells whose plugins are loaded. */
export function subjectOf({ file, states }: Pick<FinishedRun, 'file' | 'states'>, registry: Registry): Subject {
  const { cells, target, data } = file.plan;
  return {
    target: subjectTarget(target),
    cells: cells.flatMap((cell) => {
      const plugin = registry.plugins.get(cell.audit);
      if (plugin === undefined) return [];
      const state = states.get(cell.id);
      const outcomes =
        state?.kind === 'evidence' ? askOutcomes(plugin, state.data) : withoutEvidence(cell, state?.sentence);
      return [{ cell, plugin, options: digestOfJson(cell.options), data: dataDigests(cell, data), outcomes }];
    }),
  };
}

function withoutEvidence({ audit, fate }: Cell, sentence: string | undefined): string {
  const because = fate.kind === 'run' ? (sentence ?? 'the run did not come to it.') : fate.because;
  return `${audit} left no evidence: ${because}`;
}

/** A plugin that gives nonsense is not compared, and the run does not look as if it had been. */
function askOutcomes(plugin: Plugin, data: Json): readonly SampleOutcomes[] | string {
  if (plugin.outcomes === undefined) return [];
  try {
    const outcomes = plugin.outcomes(data);
    checkOutcomes(outcomes);
    return outcomes.filter(({ bits }) => bits.length > 0);
  } catch (thrown) {
    return `The outcomes of ${plugin.id} could not be read: ${messageOf(thrown).replace(/\.$/, '')}.`;
  }
}

function checkOutcomes(outcomes: readonly SampleOutcomes[]): void {
  const ids = new Set(outcomes.map(({ id }) => id));
  if (ids.size < outcomes.length) throw new AssayError('plugin', { what: 'two outcomes have one id' });
  for (const { id, bits, indices } of outcomes) {
    if (/^[01]*$/.test(bits) && bits.length === indices.length) continue;
    throw new AssayError('plugin', { what: `\`${id}\` has not one bit for each of ${indices.length} samples` });
  }
}
