import type { OutputHead } from '../../contract.js';
import type { GraphBuilder } from '../graph/builder.js';
import { requireLoss, type LossForm } from './form.js';
import { LossMath, type LossNodes } from './math.js';

/** Where a loss takes its numbers from: an input of the graph, and the place of the numbers in a `LossSpec`. */
export interface LossFeed {
  readonly name: string;
  readonly field: 'labels' | 'targets' | 'probabilities' | 'values' | 'weight';
  /** `indices`: int64 [n]; `rows`: float32 [n, width]; `weights`: float32 [n] */
  readonly form: 'indices' | 'rows' | 'weights';
  /** Positions of terms within weighted sums, from the outermost on. */
  readonly path: readonly number[];
}

/** A loss as nodes: its value for each sample, [n], and its derivative by the scores, [n, width]. */
export interface CompiledLoss {
  readonly value: string;
  readonly cotangent: string;
  readonly feeds: readonly LossFeed[];
}

/**
 * Adds a loss over `scores` [n, width] to a graph, with its derivative in closed form. See `LossSpec` for what each is.
 *
 * @throws AssayError `usage` where the head has no such loss.
 */
export function compileLoss(
  builder: GraphBuilder,
  scores: string,
  width: number,
  form: LossForm,
  head: OutputHead,
): CompiledLoss {
  const compiler = new LossCompiler(new LossMath(builder, scores, width), head);
  const [value, cotangent] = compiler.compile(form, []);
  return { value, cotangent, feeds: compiler.feeds };
}

class LossCompiler {
  readonly feeds: LossFeed[] = [];

  constructor(
    private readonly math: LossMath,
    private readonly head: OutputHead,
  ) {}

  compile(form: LossForm, path: readonly number[]): LossNodes {
    requireLoss(form.kind, this.head, this.math.width);
    const { math } = this;
    switch (form.kind) {
      case 'score':
        return math.score(this.#indices('labels', path));
      case 'score-difference':
        return math.scoreDifference(this.#indices('labels', path), this.#indices('targets', path));
      case 'dlr':
        return math.dlr(this.#indices('labels', path));
      case 'targeted-dlr':
        return math.targetedDlr(this.#indices('labels', path), this.#indices('targets', path));
      case 'cross-entropy':
        return this.#crossEntropy(path);
      case 'margin':
        return this.#margin(path);
      case 'divergence': {
        const probabilities = this.#rows('probabilities', path);
        return this.head === 'classes' ? math.softmaxDivergence(probabilities) : math.sigmoidDivergence(probabilities);
      }
      case 'squared-error':
        return math.squaredError(this.#rows('values', path));
      case 'weighted-scores':
        return math.weightedScores(this.#rows('values', path));
      case 'weighted-sum':
        return math.weightedSum(
          form.terms.map((term, i) => ({
            weight: this.#feed('weight', 'weights', [...path, i]),
            nodes: this.compile(term, [...path, i]),
          })),
        );
    }
  }

  #crossEntropy(path: readonly number[]): LossNodes {
    if (this.head === 'classes') return this.math.softmaxCrossEntropy(this.#indices('labels', path));
    const labels = this.#rows('labels', path);
    return this.head === 'regression' ? this.math.squaredError(labels) : this.math.sigmoidCrossEntropy(labels);
  }

  #margin(path: readonly number[]): LossNodes {
    if (this.head === 'classes') return this.math.classMargin(this.#indices('labels', path));
    const labels = this.#rows('labels', path);
    return this.head === 'regression' ? this.math.largestError(labels) : this.math.signedMargin(labels);
  }

  #indices(field: LossFeed['field'], path: readonly number[]): string {
    return this.#feed(field, 'indices', path);
  }

  #rows(field: LossFeed['field'], path: readonly number[]): string {
    return this.#feed(field, 'rows', path);
  }

  #feed(field: LossFeed['field'], form: LossFeed['form'], path: readonly number[]): string {
    const name = ['assay', ...path, field].join('/');
    const { builder, width } = this.math;
    if (form === 'indices') builder.input(name, 'int64', ['n']);
    else builder.input(name, 'float32', form === 'rows' ? ['n', width] : ['n']);
    this.feeds.push({ name, field, form, path });
    return name;
  }
}
