import { describeGradients } from '../../../../../../test/operator-cases.js';

describeGradients('indexing');
