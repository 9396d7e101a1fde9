import { expectGradients, exportedModelNames } from '../../../test/exported-models.js';

describe('gradients of whole models equal those of the framework that exported them', () => {
  test.each(exportedModelNames('unit'))('%s', expectGradients);
});
