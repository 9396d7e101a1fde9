import type { QueryCount } from '#target/target';

/** What went through the target since the last look. */
export class Meter {
  #last: QueryCount;

  constructor(private readonly count: Readonly<QueryCount>) {
    this.#last = { ...count };
  }

  lap(): QueryCount {
    const { predictions, gradients } = this.#last;
    this.#last = { ...this.count };
    return { predictions: this.count.predictions - predictions, gradients: this.count.gradients - gradients };
  }
}
