import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { packageRoot } from '#base/package-root';
import { rowRange, rowsOf } from '#base/tensor';
import { complete } from '#config/complete';
import type { Config, FileTargetConfig } from '#config/schema';
import { loadSamples } from '#data/load-samples';
import { declareTarget } from '#target/declare';
import type { TabularDomain } from '#target/domain';
import { openTarget } from '#target/open';
import { readModelFile } from '#target/read-model';
import type { Samples, Target } from '#target/target';

export interface TableFixture {
  readonly target: Target;
  readonly domain: TabularDomain;
  readonly samples: Samples;
}

/** A model of fixtures/models/tabular with its 500 rows. */
export async function openTable(name: 'credit-mlp' | 'churn-mlp' | 'credit-trees'): Promise<TableFixture> {
  const file = join(packageRoot(), 'fixtures/models/tabular', `${name}.config.json`);
  const config = complete(JSON.parse(readFileSync(file, 'utf8')) as Config, resolve(dirname(file)));
  const declared = config.target as FileTargetConfig;
  const model = await readModelFile(declared.file);
  const { test } = config.data;
  if (test === undefined) throw new Error(`${name} has no rows`);
  const { samples } = await loadSamples(test, await declareTarget(declared, model), 7);
  const probe = rowRange(samples.inputs, 0, Math.min(64, rowsOf(samples.inputs)));
  const { target } = await openTarget(declared, model, probe, { threads: 1, batchSize: 1024 });
  if (target.domain.kind !== 'tabular') throw new Error(`${name} is no table`);
  return { target, domain: target.domain, samples };
}
