import { describeReferences } from '../../test/describe-references.js';
import { attackOf, firstSamples, savedReferences, standingUnder, worseThan } from '../../test/attack-references.js';
import { fashion } from '../../test/fashion.js';

// On one of the two networks, with as many images as take half a second or so; all of both, with three seeds, are in references.deep.ts.
describeReferences({
  models: ['fashion-cnn-robust'],
  seeds: 1,
  images: {
    ...{ runFgsm: 200, runBim: 30, runMiFgsm: 30, runPgd: 20, runApgd: 6, runApgdT: 2, runCarliniWagner: 2 },
    ...{ runDeepFool: 20, runFab: 2, runFabT: 2, runDdn: 6, runFmn: 6, runSquare: 6, runAutoAttack: 1 },
  },
});

test('a single step in place of forty is noticed', async () => {
  const pgd = savedReferences().find(({ name, model }) => name === 'pgd-40-l2' && model === 'fashion-cnn-robust')!;
  const { target, samples } = await fashion(pgd.model, 200);
  const opened = { target, samples: firstSamples(samples, 200) };
  const row = { ...pgd.row, attack: 'fgsm', run: 'runFgsm', options: {} };
  const { more, chance } = worseThan(await standingUnder(attackOf(row)!, { ...pgd, row }, opened, 1), pgd);
  expect(more).toBeGreaterThan(10);
  expect(chance).toBeLessThan(1e-4);
  await target.dispose();
});
