import { Type } from '@sinclair/typebox';
import { rowSize } from '#base/tensor';
import { defineExplainer } from '#plugin/explainer';

/** The control that every page has: whoever takes another explanation for better should see by how much. */
export const random = defineExplainer({
  id: 'random',
  title: 'Random values',
  description:
    'Draws every value from the standard normal distribution and never asks the model: whatever looks as convincing as this, ' +
    'or agrees with it, tells nothing.',
  sources: [],
  needs: [],
  role: 'control',
  options: Type.Object({}, { additionalProperties: false }),
  appliesTo: () => null,
  explain({ sample, random }) {
    const source = random.of(sample.indices[0] ?? -1);
    const values = Float64Array.from({ length: rowSize(sample.inputs) }, () => source.normal());
    return Promise.resolve({ attribution: { values }, details: [], statements: [] });
  },
});
