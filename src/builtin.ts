import { evasionAttacks } from '#attacks/evasion/index';
import { anonymization } from '#defenses/anonymization/index';
import { anonymizing } from '#defenses/anonymization/protect/protect';
import { preprocessing } from '#defenses/preprocessing/index';
import { training } from '#defenses/training/index';
import type { ExplainingKit } from '#plugin/explaining';
import type { Plugin } from '#plugin/plugin';
import { modelExplainers } from '#probes/explanation/concepts/index';
import { explainers } from '#probes/explanation/explainers/index';
import { globalExplanations } from '#probes/explanation/global';
import { explanation } from '#probes/explanation/index';
import { removal } from '#probes/explanation/removal';

/** The plugins that Assay ships. */
export const builtinPlugins: readonly Plugin[] = [
  ...evasionAttacks,
  ...training,
  ...preprocessing,
  ...anonymization,
  ...explanation,
].map(({ plugin }): Plugin => plugin);

/** What `assay explain` goes through. */
export const builtinExplaining: ExplainingKit = {
  ...{ explainers, removal, model: globalExplanations },
  ofModel: modelExplainers,
};

/** What `assay anonymize` goes through. */
export const builtinAnonymizing = anonymizing;
