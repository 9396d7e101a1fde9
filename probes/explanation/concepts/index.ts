import type { ModelExplainer } from '#plugin/model-explainer';
import { tcav } from './tcav.js';

/** What a model as a whole is asked where a config says so, in the order in which a page shows them. */
export const modelExplainers: readonly ModelExplainer[] = [tcav];
