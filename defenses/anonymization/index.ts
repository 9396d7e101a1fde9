import { kAnonymity } from './k-anonymity.js';

export const anonymization = [kAnonymity];
