import { expectGradients, exportedModelNames } from '../../../test/exported-models.js';
import './exported-models.test.js';

describe('gradients of models in the size in which they are used equal those of their framework', () => {
  test.each(exportedModelNames('deep'))('%s', expectGradients, 600_000);
});
