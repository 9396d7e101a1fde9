// A small plugin for the tests of this room: a share of samples, held against a bar.
import { Type } from '@sinclair/typebox';
import { digestOfBytes } from '#base/digest';
import type { JsonObject } from '#base/json';
import { defineProbe } from '#plugin/define';
import type { Plugin, Verdict } from '#plugin/plugin';
import { createRegistry, type Registry } from '#plugin/registry';
import type { Cell } from '../types.js';

export interface Share {
  readonly hits: number;
  readonly n: number;
}

const Bar = Type.Object({ share: Type.Optional(Type.Object({ atLeast: Type.Number() })) });

export function shareVerdict({ hits, n }: Share, atLeast: number, setBy: string): Verdict {
  const share = hits / n;
  const holds = share >= atLeast;
  const threshold = { comparison: 'at-least', value: atLeast, compared: share, holds, setBy } as const;
  return {
    status: holds ? 'pass' : 'fail',
    claim: `${hits} of ${n} hold.`,
    reasons: [],
    measures: [{ id: 'share', label: 'Share', value: share, format: 'rate', n, interval: null, threshold }],
    signs: [],
  };
}

/** `test/share`, with parts of it replaced. */
export function sharePlugin(parts: Partial<Plugin> = {}): Plugin {
  const { plugin } = defineProbe({
    id: 'test/share',
    area: 'other',
    title: 'Enough hold',
    failureTitle: 'Too few hold',
    description: 'For tests.',
    sources: ['none'],
    severity: 'low',
    frameworks: { none: ['1'] },
    needs: [],
    data: [],
    advice: 'Nothing.',
    threat: null,
    options: Type.Object({ size: Type.Optional(Type.Integer()) }),
    policy: Bar,
    presets: {
      baseline: { share: { atLeast: 0.5 } },
      strict: { share: { atLeast: 0.9 } },
      'high-risk': { share: { atLeast: 0.95 } },
    },
    cost: () => ({ predictions: 0, gradients: 0 }),
    run: () => Promise.resolve({ data: { hits: 150, n: 200 } }),
    judge: (data: Share, { thresholds, setBy }) => shareVerdict(data, thresholds.share?.atLeast ?? 0, setBy),
    details: (data: Share) => [
      { kind: 'table', title: 'Share', columns: [{ label: 'n', format: 'count' }], rows: [[data.n]] },
    ],
  });
  return { ...plugin, ...parts };
}

export function registryOf(...plugins: readonly Plugin[]): Registry {
  return createRegistry(plugins);
}

export function cellOf(audit = 'test/share', options: JsonObject = {}, fate: Cell['fate'] = { kind: 'run' }): Cell {
  const id = digestOfBytes(audit, JSON.stringify(options));
  return { id, audit, options, data: [], cost: { predictions: 0, gradients: 0 }, place: null, fate };
}
