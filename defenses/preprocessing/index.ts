import { bitDepth } from './bit-depth.js';
import { featureSqueezing } from './feature-squeezing.js';
import { jpeg } from './jpeg.js';
import { smoothing } from './smoothing.js';

/** What is put in front of a model or beside it, cheapest first. */
export const preprocessing = [bitDepth, smoothing, jpeg, featureSqueezing];
