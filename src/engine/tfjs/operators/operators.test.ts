import { OPERATOR_FAMILIES } from '../../../../test/operator-cases.js';
import { TFJS_SKIPS, tfjsProblems } from '../../../../test/tfjs-operators.js';
import { gradientRules } from '../../onnx/autodiff/rules/index.js';
import { chooseBackend } from '../backend.js';
import { operators } from './index.js';
import { everyNth } from '../../../../test/tier.js';

/** In plain JavaScript: the same operations as on native TensorFlow, whose run is in native.deep.ts. */
beforeAll(() => chooseBackend(['cpu']));

describe('two implementations that share no code of gradients', () => {
  test.each(everyNth(3, OPERATOR_FAMILIES))(
    'outputs and gradients of %s operators by TensorFlow.js are those of PyTorch',
    (family) => {
      const { count, problems } = tfjsProblems(family);
      expect(problems).toEqual([]);
      expect(count).toBe(COUNTS[family]);
    },
  );

  test('each skip has a family', () => {
    const unknown = TFJS_SKIPS.filter(({ family }) => !OPERATOR_FAMILIES.some((each) => each === family));
    expect(unknown).toEqual([]);
  });

  test('every operator that has a rule of differentiation in the one engine is there in the other', () => {
    // What Assay's own passes write, and what they put in the place of a whole layer, is no operator of a file.
    const own = (name: string) => name.startsWith('assay.');
    // Draws of two engines cannot be compared: a model that draws is refused by the one without them.
    const draws = (name: string) => name.startsWith('Random');
    const missing = [...gradientRules.keys()].filter((name) => !operators.has(name) && !own(name) && !draws(name));
    expect(missing).toEqual([]);
  });
});

/** So that no case is lost unseen. */
const COUNTS: Readonly<Record<(typeof OPERATOR_FAMILIES)[number], number>> = {
  convolution: 107,
  elementwise: 848,
  graphs: 7,
  indexing: 193,
  matrix: 104,
  normalization: 185,
  pooling: 162,
  quantization: 52,
  recurrent: 126,
  reduction: 380,
  shape: 295,
};
