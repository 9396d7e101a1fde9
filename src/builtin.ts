import { evasionAttacks } from '#attacks/evasion/index';
import { anonymization } from '#defenses/anonymization/index';
import { preprocessing } from '#defenses/preprocessing/index';
import { training } from '#defenses/training/index';
import type { Plugin } from '#plugin/plugin';
import { explanation } from '#probes/explanation/index';

/** The plugins that Assay ships. */
export const builtinPlugins: readonly Plugin[] = [
  ...evasionAttacks,
  ...training,
  ...preprocessing,
  ...anonymization,
  ...explanation,
].map(({ plugin }): Plugin => plugin);
