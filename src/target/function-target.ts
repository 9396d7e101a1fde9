import { AssayError, messageOf } from '#base/errors';
import { rowRange, rowsOf, zeros, type Tensor } from '#base/tensor';
import type { TargetConfig } from '#config/schema';
import type { TargetCard } from '#report/report';
import { requireGradient } from './black-box/check-gradient.js';
import { declareAnswers, type AnswersDeclaration } from './black-box/declare.js';
import { openBlackBox, type Answered, type OpenedBlackBox } from './black-box/open.js';
import type { Purse } from './black-box/purse.js';
import { readAnswers, type Gives, type ReadAnswers } from './black-box/scores.js';
import type { Source } from './black-box/target.js';
import type { Head } from './head.js';
import type { Capability } from './target.js';

/** A model as a function of the user's own. */
export interface PredictFunctions {
  /**
   * Scores or labels of a batch, [n, ...shape] as the model receives it: a list with one entry a sample, or a typed array of
   * n x outputs numbers, bare or with its shape. One call at a time.
   */
  readonly predict: (batch: Tensor) => unknown;
  /**
   * The gradient by the batch of the sum over samples and outputs of slope x output, as backpropagation computes it:
   * [n, ...shape] for slopes of [n, outputs]. Checked against differences of `predict` when the target is opened.
   */
  readonly gradient?: (batch: Tensor, slopes: Tensor) => unknown;
}

/** A function with all that a config says of a target that is no file. */
export type FunctionConfig = AnswersDeclaration & PredictFunctions & { readonly name?: string };

export interface FunctionParts {
  readonly name: string;
  readonly config: AnswersDeclaration;
  readonly functions: PredictFunctions;
  /** The module that they come from. */
  readonly files: TargetCard['files'];
  /** Samples in one call. */
  readonly batch: number;
}

export function isFunctionConfig(config: TargetConfig | FunctionConfig): config is FunctionConfig {
  return 'predict' in config && typeof config.predict === 'function';
}

/**
 * Opens a model that is a function.
 *
 * @throws AssayError `model` where it gives no answers or gradients that can be used, `config`, `budget`
 */
export async function openFunction(
  { name, config, functions, files, batch }: FunctionParts,
  probe: Tensor,
  purse: Purse,
  before: Answered | null,
): Promise<OpenedBlackBox> {
  const declaration = await declareAnswers(config, name);
  const { gives } = config;
  const isLabels = gives === 'labels';
  const read = readAnswers(declaration, gives);
  const source = functionSource(name, functions, read, { gives, head: declaration.head, batch });
  const opened = await openBlackBox(
    {
      name,
      engine: 'function',
      device: 'node',
      files,
      declaration,
      gives,
      identity: { files, ...(isLabels ? { labels: declaration.labels } : {}) },
      source,
      purse,
      traffic: null,
      missing: missingOf(functions, isLabels),
      notes: [],
    },
    probe,
    before,
  );
  const hasGradient = opened.target.capabilities.has('gradients');
  if (hasGradient && before === null) await requireGradient(opened.target, declaration.domain, probe);
  return opened;
}

function missingOf({ gradient }: PredictFunctions, isLabels: boolean): ReadonlyMap<Capability, string> {
  return new Map([
    ...(isLabels ? [['scores', 'this function gives labels only; let it give scores and set `gives`'] as const] : []),
    ...(isLabels || gradient === undefined
      ? [
          [
            'gradients',
            'this function has none; give a function `gradient` beside `predict`, where it gives scores',
          ] as const,
        ]
      : []),
    ['layers', 'a function shows none of its layers'],
    ['training', 'a function cannot be trained'],
  ]);
}

function functionSource(
  name: string,
  { predict, gradient }: PredictFunctions,
  read: ReadAnswers,
  { gives, head, batch }: { readonly gives: Gives; readonly head: Head; readonly batch: number },
): Source {
  const call = inTurn();
  return {
    batch,
    ask: (inputs, signal) =>
      call(async () => {
        signal.throwIfAborted();
        const answers = await called(name, 'predict', () => predict(copied(inputs)));
        return described(name, 'predict', () => read(answers, rowsOf(inputs)));
      }),
    ...(gradient === undefined
      ? {}
      : {
          gradient: (inputs, scores, slopes) =>
            call(async () => {
              const given = gives === 'probabilities' ? byProbabilities(head, scores, slopes) : slopes;
              const found = zeros(inputs.shape);
              for (let start = 0; start < rowsOf(inputs); start += batch) {
                const end = Math.min(start + batch, rowsOf(inputs));
                const part = rowRange(inputs, start, end);
                const answer = await called(name, 'gradient', () =>
                  gradient(copied(part), copied(rowRange(given, start, end))),
                );
                rowRange(found, start, end).data.set(gradientOf(name, answer, part));
              }
              return found;
            }),
        }),
    close: () => Promise.resolve(),
  };
}

/** A function of a user need not bear two calls at once. */
function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** Whatever a function does to its arguments stays its own. */
function copied({ shape, data }: Tensor): Tensor {
  return { shape: [...shape], data: data.slice() };
}

async function called(name: string, which: string, work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (cause) {
    throw new AssayError('model', {
      where: name,
      what: `its function \`${which}\` failed: ${messageOf(cause).replace(/\.$/, '')}`,
      cause,
    });
  }
}

function described<T>(name: string, which: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof AssayError)) throw thrown;
    throw new AssayError('model', {
      where: name,
      what: `what its function \`${which}\` gives is not as declared: ${thrown.what}`,
    });
  }
}

function gradientOf(name: string, answer: unknown, { shape, data }: Tensor): Float32Array {
  const [n = 0] = shape;
  const size = data.length / Math.max(1, n);
  const head = { kind: 'regression', count: size, tolerance: 0 } as const;
  const domain = { kind: 'tabular', shape: [size], range: [0, 1], mean: [0], std: [1] } as const;
  const read = readAnswers({ head, domain, labels: null }, 'values');
  return described(name, 'gradient', () => read(answer, n).data);
}

/** dL/dp where the scores are logits of p: log p for classes, log p / (1 - p) for the others. */
function byProbabilities(head: Head, scores: Tensor, slopes: Tensor): Tensor {
  const data = slopes.data.map((slope, i) => {
    const score = scores.data[i] ?? NaN;
    const p = head.kind === 'classes' ? Math.exp(score) : 1 / (1 + Math.exp(-score));
    return slope / (head.kind === 'classes' ? p : p * (1 - p));
  });
  return { shape: slopes.shape, data };
}
