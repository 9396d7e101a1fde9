import { fgsm } from './fgsm.js';

export const training = [fgsm];
