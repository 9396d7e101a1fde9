import type { JsonRecord } from '../../json-value.js';

/** The networks of a file as they were read: layers, and how each is called. Nothing is checked about what they compute. */

export interface NetworkPlan {
  readonly name: string;
  readonly layers: readonly LayerPlan[];
  readonly inputs: readonly Reference[];
  readonly outputs: readonly Reference[];
}

export interface LayerPlan {
  readonly name: string;
  readonly className: string;
  /** The Python module that holds the class, where Keras 3 says so. */
  readonly module: string | null;
  readonly config: JsonRecord;
  /** Of a model used as a layer. */
  readonly network: NetworkPlan | null;
  /** What the layer was built for, batch first. */
  readonly inputShape: readonly (number | null)[] | null;
  /** One for each time the layer is used. */
  readonly calls: readonly CallPlan[];
  /** The number by which the first of them is referred to: a model was called once when it was made. */
  readonly firstCall: number;
}

export interface CallPlan {
  readonly args: readonly ArgumentPlan[];
  readonly kwargs: ReadonlyMap<string, ArgumentPlan>;
}

/** One output of one call of a layer. */
export interface Reference {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
}

export type ArgumentPlan =
  | { readonly kind: 'tensor'; readonly from: Reference }
  | { readonly kind: 'list'; readonly items: readonly ArgumentPlan[] }
  | { readonly kind: 'value'; readonly value: unknown };
