import { AssayError } from '#base/errors';
import type { LearningRate, Optimizer, OutputHead } from '#engine/index';
import type { Head } from '#target/head';
import type { Method, Recipe } from './recipe.js';

/** Methods whose loss needs the clean and the perturbed input of each sample together. */
export function isPaired(method: Method): boolean {
  return method === 'trades' || method === 'mart';
}

/** Methods whose examples are made by one step: what makes them fast lets them overfit to that step. */
export function isSingleStep(recipe: Recipe): boolean {
  return recipe.method === 'fast' || recipe.method === 'free' || (recipe.method === 'pgd' && stepsOf(recipe) === 1);
}

const STEPS = { standard: 0, pgd: 7, trades: 10, mart: 10, fast: 1, free: 1 } as const;

/** Gradient steps of the inner maximization. */
export function stepsOf({ method, steps }: Recipe): number {
  return method === 'standard' || method === 'free' ? STEPS[method] : (steps ?? STEPS[method]);
}

/** The length of one of them, in the norm and the units of the data. */
export function stepSizeOf(recipe: Recipe): number {
  const { method, epsilon, relativeStepSize } = recipe;
  const usual = method === 'fast' ? 1.25 : method === 'free' ? 1 : 2.5 / Math.max(stepsOf(recipe), 1);
  return epsilon * (relativeStepSize ?? usual);
}

/** Passes over the data: replays of a batch count as passes of their own. */
export function passesOf({ method, epochs, replays }: Recipe): number {
  return method === 'free' ? Math.ceil(epochs / replays) : epochs;
}

/** Descent steps on each batch of a pass. */
export function replaysOf({ method, replays }: Recipe): number {
  return method === 'free' ? replays : 1;
}

export function optimizerOf({ optimizer: { kind, momentum, nesterov } }: Recipe): Optimizer {
  return kind === 'sgd' ? { kind, momentum, nesterov } : { kind };
}

/** @param steps of the whole training */
export function learningRateOf({ learningRate: { kind, rate, warmUp } }: Recipe, steps: number): LearningRate {
  switch (kind) {
    case 'constant':
      return { kind, rate };
    case 'cyclic': {
      const rise = Math.max(1, Math.round((warmUp ?? 0.4) * steps));
      return { kind, lowest: 0, highest: rate, rise, fall: Math.max(1, steps - rise) };
    }
    case 'cosine': {
      const rise = Math.min(Math.round((warmUp ?? 0) * steps), steps - 1);
      return { kind, highest: rate, lowest: 0, steps: steps - rise, warmUp: rise };
    }
    case 'steps':
      return { kind, rate, milestones: [Math.round(steps / 2), Math.round((3 * steps) / 4)], factor: 0.1 };
  }
}

/** What a schema cannot say of a recipe. @throws AssayError `config` for parts that contradict each other */
export function checkRecipe(recipe: Recipe): void {
  const { method, gradientPenalty, augmentation, weightPerturbation } = recipe;
  const mixes = augmentation.some(({ kind }) => kind === 'mixup');
  if (gradientPenalty > 0 && isPaired(method)) refuse('`gradientPenalty`', `\`${method}\`, whose loss has its own`);
  if (mixes && method === 'mart') refuse('`mixup`', '`mart`, which needs one true class a sample');
  if (weightPerturbation > 0 && method === 'free') refuse('`weightPerturbation`', '`free`');
  if (isSingleStep(recipe) && recipe.validation.part === 0) {
    throw new AssayError('config', {
      what: `training by single steps (\`${method}\`) needs samples held out, which are what catastrophic overfitting is seen by`,
      mend: 'Set `validation.part` above 0.',
    });
  }
  if (recipe.averaging.on && passesOf(recipe) < 2) {
    throw new AssayError('config', { what: '`averaging` needs two epochs at least' });
  }
}

function refuse(part: string, other: string): never {
  throw new AssayError('config', { what: `${part} does not go with the method ${other}` });
}

/** Null where the method has a meaning for this head, otherwise the sentence that says why not. */
export function unfitFor({ kind }: Head, { method }: Pick<Recipe, 'method'>): string | null {
  if (method === 'mart' && kind !== 'classes' && kind !== 'binary') return 'MART is defined for classes';
  if (method === 'trades' && kind === 'regression') {
    return 'TRADES compares probabilities, and a regression has none';
  }
  return null;
}

/** @throws AssayError `plugin` for a head that no model of today has */
export function outputHead({ kind }: Head): OutputHead {
  if (kind !== 'ranking' && kind !== 'sequence') return kind;
  throw new AssayError('plugin', { what: `a ${kind} head is not trained` });
}
