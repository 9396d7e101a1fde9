import { apgd } from './apgd.js';
import { apgdT } from './apgd-t.js';
import { autoAttack } from './autoattack.js';
import { bim } from './bim.js';
import { carliniWagner } from './carlini-wagner.js';
import { ddn } from './ddn.js';
import { deepfool } from './deepfool.js';
import { ensemble } from './ensemble.js';
import { fabT } from './fab-t.js';
import { fab } from './fab.js';
import { fgsm } from './fgsm.js';
import { fmn } from './fmn.js';
import { miFgsm } from './mi-fgsm.js';
import { noise } from './noise.js';
import { pgd } from './pgd.js';
import { square } from './square.js';

export { apgd, runApgd, type ApgdOptions } from './apgd.js';
export { apgdT, runApgdT, type ApgdTOptions } from './apgd-t.js';
export { autoAttack, runAutoAttack, type AutoAttackOptions } from './autoattack.js';
export { bim, runBim, type BimOptions } from './bim.js';
export { carliniWagner, runCarliniWagner, type CarliniWagnerOptions } from './carlini-wagner.js';
export { ddn, runDdn, type DdnOptions } from './ddn.js';
export { deepfool, runDeepFool, type DeepFoolOptions } from './deepfool.js';
export { ensemble, runCustomEnsemble, type EnsembleOptions } from './ensemble.js';
export { fab, runFab, type FabOptions } from './fab.js';
export { fabT } from './fab-t.js';
export { runFabT, type FabTOptions } from './run-fab-t.js';
export { fgsm } from './fgsm.js';
export { fmn, runFmn, type FmnOptions } from './fmn.js';
export { miFgsm, runMiFgsm, type MiFgsmOptions } from './mi-fgsm.js';
export { noise } from './noise.js';
export { pgd, runPgd, type PgdOptions } from './pgd.js';
export { runFgsm, type FgsmOptions } from './run-fgsm.js';
export { runNoise, type NoiseOptions } from './run-noise.js';
export { runSquare, type SquareOptions } from './run-square.js';
export { square } from './square.js';
export { ballAround, drawFromBall, type Ball } from './geometry/ball.js';
export type { ConvexNorm } from './geometry/norms.js';
export { boxOf, type Box } from './geometry/space.js';
export { sideBySide } from './search/side-by-side.js';
export type { AttackResult, EpsilonResult, SampleOutcome } from './search/result.js';

/** The attacks of this family, cheapest first. */
export const evasionAttacks = [
  noise,
  fgsm,
  bim,
  miFgsm,
  pgd,
  apgd,
  apgdT,
  deepfool,
  ddn,
  fmn,
  fabT,
  fab,
  square,
  carliniWagner,
  ensemble,
  autoAttack,
];
