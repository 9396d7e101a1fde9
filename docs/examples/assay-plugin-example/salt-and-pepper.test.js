import { describeAttack } from 'assay/testing';
import { saltAndPepper } from './salt-and-pepper.js';

describeAttack(saltAndPepper);
