import type { JsonObject } from '#base/json';
import type { PluginFactory } from '#plugin/define';
import { completeOptions } from '#plugin/options';
import { memoryContext } from '#testing/context';
import { linearProblem } from '#testing/linear-problem';
import { apgd } from '../apgd.js';
import { bim } from '../bim.js';
import { carliniWagner } from '../carlini-wagner.js';
import { ddn } from '../ddn.js';
import { ensemble } from '../ensemble.js';
import { fab } from '../fab.js';
import { fabT } from '../fab-t.js';
import { fgsm } from '../fgsm.js';
import { fmn } from '../fmn.js';
import { miFgsm } from '../mi-fgsm.js';
import { pgd } from '../pgd.js';
import { square } from '../square.js';
import type { EvasionData } from './data.js';

/** Nothing falls so close: every attack goes to its end. */
const ball = { norm: 'L2', epsilons: 1e-4 } as const;
const problem = linearProblem([8], 'three classes');
const n = problem.samples.indices.length;
const unexamined = { trust: { samples: 0 } };

async function planAndSpend({ plugin }: PluginFactory<never, never, EvasionData>, options: JsonObject) {
  const before = { ...problem.target.queries };
  const given = { ...ball, ...unexamined, ...options };
  const planned = plugin.cost(n, completeOptions(plugin, given));
  await plugin.run(memoryContext({ plugin, options: given }, problem.target, problem.samples) as never);
  const { predictions, gradients } = problem.target.queries;
  return {
    planned,
    spent: { predictions: predictions - before.predictions, gradients: gradients - before.gradients },
  };
}

describe('the plan says what an attack costs that meets no weakness', () => {
  test.each<[string, unknown, JsonObject]>([
    ['fgsm', fgsm, {}],
    ['bim', bim, { steps: 4 }],
    ['mi-fgsm', miFgsm, { steps: 4 }],
    ['pgd', pgd, { steps: 4, restarts: 2 }],
    ['apgd', apgd, { steps: 8 }],
    ['ddn', ddn, { steps: 6 }],
    ['fmn', fmn, { steps: 6 }],
    ['carlini-wagner', carliniWagner, { steps: 6, searchSteps: 2 }],
  ])('%s', async (_name, factory, options) => {
    for (const eotDraws of [1, 3]) {
      const { planned, spent } = await planAndSpend(factory as never, { ...options, eotDraws });
      expect(spent.gradients).toBeLessThanOrEqual(planned.gradients);
      expect(spent.gradients).toBeGreaterThan(0.4 * planned.gradients);
      // What a minimum-norm attack finds far off is asked for again: of those the plan does not know how many.
      if (!('searchSteps' in options)) expect(spent.predictions).toBeLessThanOrEqual(1.1 * planned.predictions);
    }
  });
});

describe('without an examination none is planned', () => {
  test.each<[string, unknown]>([
    ['pgd', pgd],
    ['fab', fab],
    ['fab-t', fabT],
    ['ddn', ddn],
    ['fmn', fmn],
    ['carlini-wagner', carliniWagner],
    ['square', square],
    ['ensemble', ensemble],
  ])('%s', (_name, factory) => {
    const { plugin } = factory as PluginFactory<never, never, EvasionData>;
    const at = (trust: JsonObject) => plugin.cost(10, completeOptions(plugin, { ...ball, trust }));
    const some = at({ samples: 10, noiseDraws: 1000 });
    expect(at({ samples: 0 }).predictions).toBeLessThan(some.predictions - 10 * 1000);
    expect(at({ samples: 5 }).predictions).toBeLessThan(some.predictions);
    expect(at({ samples: 10, noiseDraws: 3000 }).predictions).toBe(some.predictions + 10 * 2000);
  });
});
