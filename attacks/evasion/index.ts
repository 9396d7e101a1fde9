import { fgsm } from './fgsm.js';
import { noise } from './noise.js';
import { pgd } from './pgd.js';

export { fgsm, runFgsm, type FgsmOptions } from './fgsm.js';
export { noise } from './noise.js';
export { runNoise, type NoiseOptions } from './run-noise.js';
export { pgd, runPgd, type PgdOptions } from './pgd.js';
export type { AttackResult, EpsilonResult, SampleOutcome } from './search/result.js';

/** The attacks of this family, cheapest first. */
export const evasionAttacks = [noise, fgsm, pgd];
