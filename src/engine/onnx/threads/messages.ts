import type { InferredOutput, RuntimeValue, SessionOptions } from '../session.js';

/** What a thread is told: everything of a session's life. Sessions have numbers. */
export type Order =
  | {
      readonly kind: 'create';
      readonly session: number;
      readonly model: Uint8Array;
      readonly options: Omit<SessionOptions, 'host'>;
      /** Of tensors that lie outside of the model, by location. */
      readonly data: ReadonlyMap<string, Uint8Array>;
    }
  | { readonly kind: 'run'; readonly session: number; readonly feeds: Values; readonly outputs: readonly string[] }
  | { readonly kind: 'dispose'; readonly session: number };

/** By their names. */
export type Values = Map<string, RuntimeValue>;

/** Answered once each. */
export interface Call {
  readonly call: number;
  readonly order: Order;
  /** For the results. */
  readonly spare: readonly SharedArrayBuffer[];
}

export interface Outcome {
  /** Of a run. */
  readonly values: Values;
  /** Of a session that was created. */
  readonly inferred: readonly InferredOutput[];
}

export type Answer = {
  readonly call: number;
  /** What the call brought along and does not hold its results. */
  readonly spare: readonly SharedArrayBuffer[];
} & (
  | { readonly kind: 'done'; readonly outcome: Outcome }
  /** One clause. */
  | { readonly kind: 'failed'; readonly what: string }
);
