import { alphaK } from './alpha-k.js';
import { betaLikeness } from './beta-likeness.js';
import { deltaDisclosure } from './delta-disclosure.js';
import { deltaPresence } from './delta-presence.js';
import { kAnonymity } from './k-anonymity.js';
import { kMap } from './k-map.js';
import { lDiversity } from './l-diversity.js';
import { reidentification } from './risk/re-identification.js';
import { tCloseness } from './t-closeness.js';

export const anonymization = [
  kAnonymity,
  kMap,
  lDiversity,
  tCloseness,
  alphaK,
  betaLikeness,
  deltaDisclosure,
  deltaPresence,
  reidentification,
];
