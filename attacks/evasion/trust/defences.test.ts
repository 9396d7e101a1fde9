import { memoryContext } from '#testing/context';
import type { ConfiguredPlugin, Verdict } from '#plugin/plugin';
import { isDifferentiable } from '#target/target';
import { defended, type DefenceName } from '../../../test/defences.js';
import { fashion } from '../../../test/fashion.js';
import { pgd } from '../pgd.js';
import { square } from '../square.js';
import { everyNth, isDeep } from '../../../test/tier.js';

const IMAGES = 24;
const trust = { samples: IMAGES, noiseDraws: 20, queries: 100 };

/** A bar that every planted defence clears: what keeps it from passing is the trust in the attack. */
const policy = { thresholds: { robustAccuracy: { atLeast: 0.01 } }, setBy: 'preset baseline', minimumSamples: 1 };

async function verdictOf({ plugin, options }: ConfiguredPlugin, name: DefenceName, output?: string): Promise<Verdict> {
  const { target, samples } = await defended(name, IMAGES, output);
  const { data } = await plugin.run(memoryContext({ plugin, options }, target, samples));
  await target.dispose();
  return plugin.judge(data, policy);
}

const plainPgd = pgd({ norm: 'Linf', epsilons: 0.1, steps: 20, trust });

const failing = ({ signs }: Verdict) => signs.filter(({ holds }) => !holds).map(({ id }) => id);

describe('a planted defence is called by its name, and does not pass', () => {
  const planted = [
    ['temperature', 'saturated-logits'],
    ['random-resizing', 'randomized-target'],
    ['detector', 'discontinuous'],
    ['label-leaking', 'misleading-gradients'],
  ] as const;

  test.each(everyNth(3, planted))('%s: %s', async (defence, name) => {
    const verdict = await verdictOf(plainPgd, defence);
    expect(verdict.status).toBe('inconclusive');
    expect(failing(verdict)).toContain(name);
    expect(failing(verdict)).toContain('trust');
  });

  // What has no gradient at all is not attacked by gradients: the plan says so, and what answers scores alone is examined.
  test.each(['quantization', 'preprocessor'] as const)(
    '%s has no gradients, and the sentence names the node',
    async (defence) => {
      const { target } = await defended(defence, 1);
      expect(isDifferentiable(target)).toBe(false);
      expect(target.missing.get('gradients')).toMatch(/Round/);
      expect(target.structure?.blocked.map(({ operator }) => operator)).toContain('Round');
      await target.dispose();
    },
  );

  if (isDeep) {
    test('quantization: the search by scores says what is in front of the model', async () => {
      const { target, samples } = await defended('quantization', IMAGES);
      const configured = square({ norm: 'Linf', epsilons: 0.1, queries: 200, trust });
      const { data } = await square.plugin.run(memoryContext(configured, target, samples) as never);
      const tables = square.plugin.details(data, square.plugin.judge(data, policy), {
        examples: [],
        maps: [],
        mapScale: 0,
      });
      expect(JSON.stringify(tables)).toMatch(/something in front quantizes its input/);
      await target.dispose();
    });
  }
});

describe('declared, the attack that works is used', () => {
  const inFront = [
    ['quantization', 'quantized'],
    ['preprocessor', 'preprocessed'],
  ] as const;

  test.each(everyNth(2, inFront))('%s falls to PGD that goes around it', async (defence, output) => {
    const verdict = await verdictOf(
      pgd({ norm: 'Linf', epsilons: 0.1, steps: 20, trust: { ...trust, samples: 8 } }),
      defence,
      output,
    );
    const [robust] = verdict.measures;
    expect(robust?.value).toBeLessThan(0.15);
    expect(failing(verdict)).not.toContain('quantized-input');
    expect(failing(verdict)).not.toContain('blocked-gradients');
  });

  if (isDeep) {
    test('a temperature falls to PGD on the margin', async () => {
      const verdict = await verdictOf(
        pgd({ norm: 'Linf', epsilons: 0.1, steps: 20, loss: 'margin', trust: { ...trust, samples: 8 } }),
        'temperature',
      );
      expect(verdict.measures[0]?.value).toBeLessThan(0.15);
      expect(failing(verdict)).not.toContain('saturated-logits');
    });
  }
});

describe('without a defence', () => {
  test.each(everyNth(2, ['fashion-cnn', 'fashion-cnn-robust']))('%s: nothing is suspected', async (model) => {
    const { target, samples } = await fashion(model, IMAGES);
    const { data } = await pgd.plugin.run(memoryContext(plainPgd, target, samples) as never);
    expect(failing(pgd.plugin.judge(data, policy))).toEqual([]);
    await target.dispose();
  });

  if (isDeep) {
    test.each([
      ['L2', 1.5],
      ['L1', 12],
    ] as const)(
      'trained against Linf: PGD far out in %s is too optimistic, and its number alone is inconclusive',
      async (norm, epsilons) => {
        const { target, samples } = await fashion('fashion-cnn-robust', IMAGES);
        const far = pgd({ norm, epsilons, trust: { samples: IMAGES, noiseDraws: 20, queries: 300 } });
        const { data } = await pgd.plugin.run(memoryContext(far, target, samples) as never);
        const verdict = pgd.plugin.judge(data, policy);
        expect(verdict.status).toBe('inconclusive');
        expect(failing(verdict)).toContain('trust');
        await target.dispose();
      },
    );
  }

  test('nothing passes that was not examined', async () => {
    const { target, samples } = await fashion('fashion-cnn-robust', 20);
    const unexamined = pgd({ norm: 'Linf', epsilons: 0.05, steps: 5, trust: { samples: 0 } });
    const { data } = await pgd.plugin.run(memoryContext(unexamined, target, samples) as never);
    const verdict = pgd.plugin.judge(data, policy);
    expect(verdict.status).toBe('inconclusive');
    expect(failing(verdict)).toEqual(['trust']);
    await target.dispose();
  });
});
