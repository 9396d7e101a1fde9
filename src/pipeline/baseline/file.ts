import { Type, type Static } from '@sinclair/typebox';
import type { Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import { checker } from '../records.js';
import { unpackBits } from './bits.js';

/** Goes up by one when a reader of the version before could misread a baseline. */
export const BASELINE_VERSION = 1;

const Sha256 = Type.Unsafe<Digest>({ type: 'string', pattern: '^[0-9a-f]{64}$' });

const OutcomeRecord = Type.Object({
  id: Type.String(),
  label: Type.String(),
  n: Type.Integer({ minimum: 1 }),
  /** How many of them hold. */
  held: Type.Integer({ minimum: 0 }),
  /** Of the samples' indices, in their order. */
  samples: Sha256,
  /** As `packBits` writes them. */
  bits: Type.Array(Type.String()),
});

const CellRecord = Type.Object({
  audit: Type.String(),
  /** Of the complete options. */
  options: Sha256,
  /** Of each data set that the plugin reads, by role. */
  data: Type.Record(Type.String(), Sha256),
  outcomes: Type.Array(OutcomeRecord, { minItems: 1 }),
});

/** What a target takes and gives: another model with the same is a later version, or a rival; any other is no comparison. */
const Interface = Type.Object({
  inputs: Type.String(),
  outputs: Type.String(),
  /** Of the names of the outputs, in their order; null where they have none. */
  labels: Type.Union([Sha256, Type.Null()]),
});

/** `assay.baseline.json`: what an earlier run found for each sample, to be committed beside the config. */
export const BaselineFile = Type.Object(
  {
    version: Type.Literal(BASELINE_VERSION),
    tool: Type.String(),
    /** Null where no audit of the run looked at a model. */
    target: Type.Union([
      Type.Object({ name: Type.String(), digest: Type.String(), interface: Interface }),
      Type.Null(),
    ]),
    cells: Type.Array(CellRecord, { minItems: 1 }),
  },
  { additionalProperties: false },
);

export type Baseline = Static<typeof BaselineFile>;
export type BaselineCell = Static<typeof CellRecord>;
export type BaselineOutcome = Static<typeof OutcomeRecord>;

const check = checker(BaselineFile);

/**
 * Reads what `assay bless` wrote.
 *
 * @throws AssayError `config` for what is none, is damaged, or is of another version: a run that cannot be compared must
 *   not look as if it had been
 */
export function parseBaseline(text: string, where: string): Baseline {
  const value = parsed(text, where);
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (typeof version === 'number' && version !== BASELINE_VERSION) {
    throw refused(where, `this baseline has version ${version}, and this version of Assay reads ${BASELINE_VERSION}`);
  }
  const checked = check(value);
  if (!('value' in checked)) throw refused(where, `this is no baseline: ${checked.problem}`);
  for (const { audit, outcomes } of checked.value.cells) outcomes.forEach((each) => requireWhole(each, audit, where));
  return checked.value;
}

/** Bits that a hand has changed are told from their count. */
function requireWhole({ id, n, held, bits }: BaselineOutcome, audit: string, where: string): void {
  const found = unpackBits(bits, n);
  if (found !== null && found.replaceAll('0', '').length === held) return;
  throw refused(where, `the baseline is damaged: the bits of ${audit}, ${id}, are not of ${held} in ${n} samples`);
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused(where, 'the baseline is not JSON', cause);
  }
}

function refused(where: string, what: string, cause?: unknown): AssayError {
  return new AssayError('config', { where, what, mend: 'Write it again with `assay bless <run>`.', cause });
}
