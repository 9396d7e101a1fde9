import { describeAttack, type AttackUnderTest } from '#testing/index';
import { attackConformance, type ConformanceGroup } from '#testing/conformance';
import { isDeep } from './tier.js';

/**
 * The conformance kit: whole in the deep tier. Else the plugin's own tests, and of each norm two problems: another pair for each
 * attack and norm, such that the attacks together are asked about every shape and head.
 */
export function conforms(attack: AttackUnderTest): void {
  if (isDeep) {
    describeAttack(attack);
    return;
  }
  const { id } = attack.configure(attack.norms[0] ?? 'Linf', 0.1).plugin;
  const [own, ...problems] = attackConformance(attack);
  describe(`${id} conforms`, () => {
    for (const { name, tests } of [...(own === undefined ? [] : [own]), ...chosen(attack, id, problems)]) {
      describe(name, () => {
        for (const each of tests) test(each.name, async () => each.body());
      });
    }
  });
}

function chosen({ norms }: AttackUnderTest, id: string, problems: readonly ConformanceGroup[]): ConformanceGroup[] {
  const turn = Buffer.from(id).reduce((sum, byte) => sum + byte, 0);
  return norms.flatMap((norm, at) => {
    const own = problems.filter(({ name }) => name.startsWith(`${norm}, `));
    return own.filter((_, k) => (k - turn - at) % Math.ceil(own.length / 2) === 0);
  });
}
