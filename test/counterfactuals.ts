import { row } from '#base/tensor';
import { columnsOf, isLegal, positionsOf } from '#target/table-domain';
import {
  findCounterfactuals,
  type Counterfactual,
  type Counterfactuals,
} from '../probes/explanation/methods/counterfactuals/counterfactuals.js';
import type { Decision } from '../probes/explanation/methods/decision.js';
import { predictedClass } from './anchors.js';
import type { TableFixture } from './table-fixtures.js';

export interface Explanation extends Counterfactuals {
  readonly original: Float32Array;
  readonly decision: Decision;
}

/** Counterfactuals of the predicted class of one row, with all 500 rows for a background. */
export async function counterfactualsOf(
  { target, domain, samples }: TableFixture,
  index: number,
): Promise<Explanation> {
  const original = row(samples.inputs, index);
  const decision = await predictedClass(target, original);
  return { original, decision, ...(await findCounterfactuals(target, domain, decision, original, samples.inputs, 3)) };
}

/** What is wrong with a counterfactual, each by another look at it than the search's own. */
export async function flaws({ target, domain, samples }: TableFixture, of: Explanation, one: Counterfactual) {
  const { original, decision } = of;
  const columns = columnsOf(domain);
  const moved = (column: (typeof columns)[number]) => positionsOf(column).some((j) => one.row[j] !== original[j]);
  const gets = async (values: Float32Array) =>
    decision((await target.predict({ shape: [1, ...domain.shape], data: values })).data);
  const found: string[] = [];
  if (!((await gets(one.row.slice())) < 0)) found.push('the decision is the same');
  if (!isLegal(domain, one.row, original)) found.push('not legal');
  if (columns.some((column) => column.immutable && moved(column))) found.push('an immutable column is changed');
  if (columns.filter(moved).length !== one.changed.length) found.push('other columns are changed than it says');
  for (const column of one.changed) {
    const without = one.row.slice();
    for (const j of positionsOf(column)) without[j] = original[j] ?? NaN;
    if (isLegal(domain, without, original) && (await gets(without)) < 0) found.push(`${column.name} is not needed`);
    for (const j of positionsOf(column)) {
      const isSeen = samples.indices.some((_, i) => row(samples.inputs, i)[j] === one.row[j]);
      if (!isSeen && !of.unseen) found.push(`${column.name} has a value that no row has`);
    }
  }
  return found;
}
