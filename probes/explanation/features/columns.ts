import { sizeOf } from '#base/tensor';
import type { Features } from '#plugin/explainer';
import type { TabularDomain } from '#target/domain';
import { columnsOf, positionsOf } from '#target/table-domain';

/** One feature a column: all positions of a category together. */
export function columnFeatures(domain: TabularDomain): Features {
  const columns = columnsOf(domain);
  const of = new Int32Array(sizeOf(domain.shape)).fill(-1);
  columns.forEach((column, feature) => {
    for (const position of positionsOf(column)) of[position] = feature;
  });
  return { names: columns.map(({ name }) => name), of };
}
