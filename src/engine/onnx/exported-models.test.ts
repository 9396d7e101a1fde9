import { expectGradients, exportedModelNames } from '../../../test/exported-models.js';
import { isDeep } from '../../../test/tier.js';

/** Their sessions take seconds; mobilenetv2-dynamo and the others have the same operators. */
const LARGE = /resnet18|googlenet|mobilenetv2-torchscript/;

describe('gradients of whole models equal those of the framework that exported them', () => {
  const names = exportedModelNames('unit').filter((name) => isDeep || !LARGE.test(name));

  test.each(names)('%s', expectGradients);
});
