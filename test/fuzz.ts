/** Opens mutated models one after another, and says of each that did not end in success or an AssayError what it did. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { EngineSpec } from '#engine/index';
import { rng, type Rng } from '#stats/random';
import { EngineProcess, type Death, type OpeningResult } from './engine-process.js';
import { specOf } from './linear-model.js';
import { MUTATIONS } from './mutations.js';
import { operatorCases, type OperatorCase } from './operator-cases.js';

export interface FuzzReport {
  /** One sentence each, with the seed that makes the model again. */
  readonly failures: readonly string[];
  readonly opened: number;
  readonly refused: number;
}

interface Sound {
  readonly name: string;
  readonly file: Uint8Array;
  readonly spec: EngineSpec;
}

const FAMILIES = ['convolution', 'elementwise', 'graphs', 'matrix', 'normalization', 'pooling', 'reduction', 'shape'];
/** Of each family, spread over its cases. */
const CASES = 12;
const MODELS = ['fashion-binary', 'fashion-regression'];

const MOST_SECONDS = 5;
const MOST_MIB = 2048;

export async function fuzz(count: number, seed: string): Promise<FuzzReport> {
  const sound = soundModels();
  const donors = sound.map(({ file }) => file);
  const engine = await EngineProcess.create();
  const report = { failures: [] as string[], opened: 0, refused: 0 };
  try {
    for (let i = 0; i < count; i++) {
      const random = rng(`${seed}/${i}`);
      const { name, file, spec } = pick(sound, random);
      const [kind, mutation] = pick(Object.entries(MUTATIONS), random);
      const result = await engine.open({ file: mutation(file, random, donors), spec, through: 'execution' });
      const fault = faultOf(result);
      if (fault !== null) report.failures.push(`${seed}/${i}: ${kind} of ${name}: ${fault}`);
      else if ('error' in result && result.error === null) report.opened++;
      else report.refused++;
    }
  } finally {
    engine.dispose();
  }
  return report;
}

function faultOf(result: OpeningResult | Death): string | null {
  if ('death' in result) return `the process died (${result.death})`;
  if (result.error?.code === null) return result.error.message;
  if (result.cpuSeconds > MOST_SECONDS) return `took ${result.cpuSeconds} s`;
  return result.peakMiB > MOST_MIB ? `took ${result.peakMiB} MiB` : null;
}

function soundModels(): Sound[] {
  const files = MODELS.map((name) => ({
    name,
    file: new Uint8Array(readFileSync(join(packageRoot(), `fixtures/models/${name}.onnx`))),
    spec: specOf('regression', [1, 28, 28], 2),
  }));
  return [...files, ...FAMILIES.flatMap((family) => spread(operatorCases(family).flatMap(soundCase)))];
}

/** Cases that are models of one real input. */
function soundCase({ name, model, inputs }: OperatorCase): Sound[] {
  const [input, ...others] = Object.values(inputs);
  if (input === undefined || others.length > 0 || input.type !== undefined) return [];
  return [
    { name, file: new Uint8Array(Buffer.from(model, 'base64')), spec: specOf('regression', input.shape.slice(1), 3) },
  ];
}

function spread<T>(list: readonly T[]): T[] {
  return list.filter((_, i) => i % Math.ceil(list.length / CASES) === 0);
}

function pick<T>(list: readonly T[], random: Rng): T {
  const found = list[random.integer(list.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}
