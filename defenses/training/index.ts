import { adversarial } from './adversarial.js';

export const training = [adversarial];
