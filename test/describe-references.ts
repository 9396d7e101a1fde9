import {
  attackOf,
  firstSamples,
  savedReferences,
  standingUnder,
  worseThan,
  type Opened,
  type Pair,
} from './attack-references.js';
import { fashion } from './fashion.js';

export interface Extent {
  readonly models: readonly string[];
  /** At most; the reference has to have run with as many. */
  readonly seeds: number;
  /** By the function of the attack; all that the reference was given where an attack has none. */
  readonly images: Readonly<Record<string, number>>;
}

/** Of all images, and three seeds, an ensemble takes many minutes. */
const HOUR = 3_600_000;

/** Of samples that a deterministic attack may leave standing in addition, but one at least. */
const MORE = 0.002;

/**
 * Holds each attack against what the references found on the same images: deterministic ones leave at most 0.2 points more standing,
 * or one sample of a few, random ones are not worse by McNemar's test at .01.
 */
export function describeReferences(extent: Extent): void {
  const pairs = savedReferences();
  describe.each(extent.models)('on %s', (model) => {
    let opened: Opened;
    beforeAll(async () => {
      opened = await fashion(model, Math.max(...pairs.flatMap(({ robust }) => robust.map((run) => run.length))));
    });
    afterAll(() => opened.target.dispose());

    test.each(pairs.filter((pair) => pair.model === model))(
      '$name is not weaker than its reference',
      async (pair) => {
        await compare(pair, opened, extent);
      },
      HOUR,
    );
  });
}

async function compare(pair: Pair, { target, samples }: Opened, { seeds, images }: Extent): Promise<void> {
  const { row, robust } = pair;
  const attack = attackOf(row);
  if (attack === null) {
    process.stderr.write(`${row.name}: left out, there is no ${row.run}\n`);
    return;
  }
  const saved = robust[0]?.length ?? 0;
  const few = firstSamples(samples, Math.min(saved, images[row.run] ?? saved));
  const own = await standingUnder(attack, pair, { target, samples: few }, Math.min(seeds, robust.length));
  const { more, chance } = worseThan(own, pair);
  if (row.random) expect(chance).toBeGreaterThanOrEqual(0.01);
  else expect(more).toBeLessThanOrEqual(Math.max(1, MORE * few.indices.length));
}
