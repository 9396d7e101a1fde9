import { completeness } from './completeness.js';

export const explanation = [completeness];
