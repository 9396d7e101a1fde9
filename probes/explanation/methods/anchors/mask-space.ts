import { rowSize, rowsOf, type Tensor } from '#base/tensor';
import type { Features } from '#plugin/explainer';
import type { AnchorSpace, Drawer, Rule } from './space.js';

/**
 * Rules about which features of an input are there: regions of a picture, tokens of a text. A draw leaves each feature that no
 * rule keeps as it is or replaces it, with the same chance.
 *
 * @param sample the values of one input
 * @param replacements [rows, ...shape]: a feature that is replaced takes the values that one of them, at random, has in its place
 */
export function maskSpace(sample: Float32Array, features: Features, replacements: Tensor): AnchorSpace {
  return {
    shape: replacements.shape.slice(1),
    depths: features.names.map(() => 1),
    drawer: (rule) => drawerOf(rule, sample, features, replacements),
    coverage: (rule) => 2 ** -rule.reduce((kept, level) => kept + level, 0),
    describe: (rule) => features.names.filter((_, feature) => rule[feature] === 1),
  };
}

function drawerOf(rule: Rule, sample: Float32Array, { of, names }: Features, replacements: Tensor): Drawer {
  const [rows, size] = [rowsOf(replacements), rowSize(replacements)];
  /** Where the replacement of a feature begins; -1: it stays. */
  const begins = new Int32Array(names.length);
  return (random, into) => {
    for (let feature = 0; feature < begins.length; feature++) {
      const stays = random.uniform() < 0.5;
      begins[feature] = rule[feature] === 1 || stays ? -1 : random.integer(rows) * size;
    }
    into.set(sample);
    for (let i = 0; i < of.length; i++) {
      const begin = begins[of[i] ?? -1] ?? -1;
      if (begin >= 0) into[i] = replacements.data[begin + i] ?? NaN;
    }
  };
}
