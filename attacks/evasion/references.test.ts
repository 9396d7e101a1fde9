import { describeReferences } from '../../test/describe-references.js';
import { attackOf, firstSamples, savedReferences, standingUnder, worseThan } from '../../test/attack-references.js';
import { fashion } from '../../test/fashion.js';

// As many as take a second or so; all of them, with three seeds, are in references.deep.ts.
describeReferences({
  seeds: 1,
  images: {
    ...{ runFgsm: 200, runBim: 100, runMiFgsm: 100, runPgd: 40, runApgd: 24, runApgdT: 8, runCarliniWagner: 8 },
    ...{ runDeepFool: 40, runFab: 8, runFabT: 8, runDdn: 24, runFmn: 24, runSquare: 24, runAutoAttack: 4 },
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
