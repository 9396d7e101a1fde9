import type { BoundModel, ClassSummary } from '../contract.js';
import type { Histogram } from '../encoding/histogram.js';
import type { ColumnCosts } from './cell-costs.js';
import type { Classes } from './classes.js';
import type { Tally } from './metrics.js';

/** What was counted of a node, for whichever metric. */
export interface Count extends Tally {
  /** Of the suppressed records: those in classes that fail a model which absorbs. Below the node there are at least as many. */
  readonly lost: number;
  /** Of the classes that are not suppressed; 0 where all are. */
  readonly smallest: number;
  /** By column: what suppressing adds to the costs of loss. */
  readonly lossSurcharges: Float64Array;
}

/** A summary that is written over from class to class. */
interface Scratch extends ClassSummary {
  size: number;
  population: number;
}

/** All privacy models together. */
export class ClassJudge {
  private readonly asked: readonly {
    readonly model: BoundModel;
    readonly summary: Scratch;
    readonly absorbs: boolean;
  }[];
  private readonly counts: readonly Int32Array[];
  private failing = new Int32Array(0);

  /**
   * @param models those of the sensitive columns of the histograms
   * @param positions of the histograms' columns in the table
   * @param values how many codes each of them has
   * @param codes by quasi-identifier, of each tuple
   * @param costs of the metric; null of one that does not look at cells
   */
  constructor(
    models: readonly BoundModel[],
    positions: readonly number[],
    values: readonly number[],
    private readonly codes: readonly Int32Array[],
    private readonly lossCosts: readonly ColumnCosts[],
    private readonly costs: readonly ColumnCosts[] | null,
  ) {
    this.counts = values.map((count) => new Int32Array(count));
    this.asked = models
      .map((model) => ({
        model,
        absorbs: model.model.absorbs === true,
        summary: {
          size: 0,
          population: 0,
          counts: model.sensitive.map((position) => this.counts[positions.indexOf(position)] ?? new Int32Array(0)),
        },
      }))
      // Those that tell the most come first, and they are the quickest.
      .sort((a, b) => Number(b.absorbs) - Number(a.absorbs));
  }

  /** @param allowed the surcharges of a node with more suppressed records are left out: nobody asks what it would cost */
  count(classes: Classes, allowed: number): Count {
    const { sizes } = classes;
    if (this.failing.length < classes.count) this.failing = new Int32Array(classes.count);
    let [suppressed, lost, kept, squares, smallest, failing] = [0, 0, 0, 0, Infinity, 0];
    for (let index = 0; index < classes.count; index++) {
      const size = sizes[index] ?? 0;
      if (size === 0) continue;
      const failed = this.firstFailed(classes, index);
      if (failed === null) {
        kept += 1;
        squares += size * size;
        if (size < smallest) smallest = size;
      } else {
        suppressed += size;
        if (failed) lost += size;
        this.failing[failing++] = index;
      }
    }
    const failed = this.failing.subarray(0, suppressed <= allowed ? failing : 0);
    const lossSurcharges = surchargesOf(this.lossCosts, this.codes, classes, failed);
    const ownIsLoss = this.costs === this.lossCosts || this.costs === null;
    const surcharges = ownIsLoss ? lossSurcharges : surchargesOf(this.costs, this.codes, classes, failed);
    return { suppressed, lost, kept, squares, smallest: kept === 0 ? 0 : smallest, surcharges, lossSurcharges };
  }

  /** Which classes may be released: 1 of each. */
  released(classes: Classes): Uint8Array {
    return Uint8Array.from(classes.sizes, (size, index) =>
      Number(size > 0 && this.firstFailed(classes, index) === null),
    );
  }

  /** Whether the first model that a class fails absorbs; null where it fails none. */
  private firstFailed({ sizes, population, histograms }: Classes, index: number): boolean | null {
    let filled = false;
    let answer: boolean | null = null;
    for (let i = 0; i < this.asked.length; i++) {
      const asked = this.asked[i];
      if (asked === undefined) continue;
      const { summary, model, absorbs } = asked;
      if (!filled && summary.counts.length > 0) {
        this.fill(histograms, index);
        filled = true;
      }
      summary.size = sizes[index] ?? 0;
      summary.population = population?.[index] ?? 0;
      if (model.holds(summary)) continue;
      answer = absorbs;
      break;
    }
    if (filled) this.clear(histograms, index);
    return answer;
  }

  private fill(histograms: readonly Histogram[], index: number): void {
    for (let i = 0; i < histograms.length; i++) {
      const { starts, codes, counts } = histograms[i] ?? NO_HISTOGRAM;
      const own = this.counts[i] ?? NONE;
      for (let at = starts[index] ?? 0; at < (starts[index + 1] ?? 0); at++) own[codes[at] ?? 0] = counts[at] ?? 0;
    }
  }

  private clear(histograms: readonly Histogram[], index: number): void {
    for (let i = 0; i < histograms.length; i++) {
      const { starts, codes } = histograms[i] ?? NO_HISTOGRAM;
      const own = this.counts[i] ?? NONE;
      for (let at = starts[index] ?? 0; at < (starts[index + 1] ?? 0); at++) own[codes[at] ?? 0] = 0;
    }
  }
}

/** What suppressing some classes adds, by column. */
function surchargesOf(
  costs: readonly ColumnCosts[],
  codes: readonly Int32Array[],
  { levels, tuples, sizes }: Classes,
  suppressed: Int32Array,
): Float64Array {
  return Float64Array.from(costs, ({ surcharges }, column) => {
    const surchargeOf = surcharges[levels[column] ?? 0];
    let sum = 0;
    for (const index of suppressed) {
      sum += (sizes[index] ?? 0) * (surchargeOf?.[codes[column]?.[tuples[index] ?? 0] ?? 0] ?? 0);
    }
    return sum;
  });
}

const NONE = new Int32Array(0);
const NO_HISTOGRAM: Histogram = { values: 0, starts: NONE, codes: NONE, counts: NONE };
