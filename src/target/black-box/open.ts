import { digestOfJson } from '#base/digest';
import { AssayError } from '#base/errors';
import { rowRange, rowsOf, type Tensor } from '#base/tensor';
import type { TargetCard, TargetCheck } from '#report/report';
import { checkRepeats } from '../checks/repeats.js';
import type { Declaration } from '../declare.js';
import type { ContinuousDomain } from '../domain.js';
import { scoreWidth } from '../head.js';
import type { Capability, Target } from '../target.js';
import type { Purse } from './purse.js';
import { lookLikeProbabilities, type Gives } from './scores.js';
import { BlackBoxTarget, type Source, type Traffic } from './target.js';

/** What a black box answered to the first samples of the probe when a run was planned. */
export interface Answered {
  readonly answers: readonly number[];
}

/** A black box that is about to be opened. */
export interface Unopened {
  readonly name: string;
  /** What `card.engine` and `card.device` say. */
  readonly engine: string;
  readonly device: string;
  readonly files: TargetCard['files'];
  readonly declaration: Declaration<ContinuousDomain>;
  readonly gives: Gives;
  /** All that decides an answer, as far as it is known, without secrets. */
  readonly identity: object;
  readonly source: Source;
  readonly purse: Purse;
  readonly traffic: Traffic | null;
  readonly missing: ReadonlyMap<Capability, string>;
  readonly notes: readonly string[];
}

export interface OpenedBlackBox {
  readonly target: BlackBoxTarget;
  readonly card: TargetCard;
}

/** Samples whose answers say what a black box is, and how many scores of them are kept at most. */
const MOST_ROWS = 16;
const MOST_SCORES = 4096;

/** Samples that show whether answers repeat, and how often they are asked: five times, and every second alone. */
const REPEATED = 4;
const REPEATS = 5;

/** Of the largest score: the same model on another day. */
const SAME = 1e-4;

/** Rows that opening asks for. */
export function openingRows(probe: Tensor, width: number): number {
  return Math.max(1, Math.min(MOST_ROWS, rowsOf(probe), Math.floor(MOST_SCORES / width)));
}

/** Rows that {@link checkAnswers} asks for. */
export function checkingRows(probe: Tensor): number {
  const n = Math.min(REPEATED, rowsOf(probe));
  return n * REPEATS + (n < 2 ? 0 : Math.ceil(n / 2));
}

/**
 * Asks a few real samples: whether answers come at all, and are what they were declared to be. The digest covers the
 * declaration and these answers, since nothing else is seen of the model.
 *
 * @param before what it answered when the run was planned: other answers are an error, and the digest is made of those
 * @throws AssayError `model`, `config` or `budget`
 */
export async function openBlackBox(parts: Unopened, probe: Tensor, before: Answered | null): Promise<OpenedBlackBox> {
  try {
    return await opened(parts, probe, before);
  } catch (thrown) {
    await parts.source.close();
    throw thrown;
  }
}

async function opened(parts: Unopened, probe: Tensor, before: Answered | null): Promise<OpenedBlackBox> {
  const { name, declaration, gives, identity } = parts;
  const capabilities = capabilitiesOf(parts);
  const target = (digest: TargetCard['digest']) =>
    new BlackBoxTarget({ ...parts, digest: digest as Target['digest'], capabilities });
  const asking = target('');
  const few = rowRange(probe, 0, openingRows(probe, scoreWidth(declaration.head)));
  const scores = await asking.predict(few);
  if (gives === 'logits' && lookLikeProbabilities(scores)) {
    throw new AssayError('config', {
      where: name,
      what: `\`target.gives\` is "logits", and the answers to ${rowsOf(scores)} samples are probabilities`,
      mend: 'Set it to "probabilities".',
    });
  }
  const answers = Array.from(scores.data, (score) => Number(score.toPrecision(7)));
  if (before !== null) requireSame(name, answers, before.answers);
  const known = before?.answers ?? answers;
  const digest = digestOfJson({ identity, domain: declaration.domain, head: declaration.head, gives, answers: known });
  const final = target(digest);
  Object.assign(final.queries, asking.queries);
  return { target: final, card: cardOf(parts, final, known) };
}

/**
 * Whether answers are finite and repeat, on a few samples: a black box is asked as little as possible, so the accuracy on
 * clean data is left to the audits.
 */
export async function checkAnswers(
  target: Target,
  probe: Tensor,
): Promise<Required<Pick<TargetCard, 'accuracy' | 'checks'>>> {
  const finite: TargetCheck = {
    id: 'target/finite-scores',
    holds: true,
    sentence: 'Every answer is read as finite numbers, or refused.',
  };
  const repeats = await checkRepeats(target, rowRange(probe, 0, Math.min(REPEATED, rowsOf(probe))));
  const left = (id: TargetCheck['id']): TargetCheck => ({
    id,
    holds: null,
    sentence: 'It was not measured ahead, to ask no more than needed; each audit says its clean accuracy.',
  });
  return { accuracy: null, checks: [finite, ...repeats, left('target/accuracy'), left('target/label-order')] };
}

function capabilitiesOf({ gives, source, missing }: Unopened): ReadonlySet<Capability> {
  const able: readonly Capability[] = [
    'labels',
    ...(gives === 'labels' ? [] : ['scores' as const]),
    ...(source.gradient === undefined ? [] : ['gradients' as const]),
  ];
  return new Set(able.filter((capability) => !missing.has(capability)));
}

function requireSame(where: string, answers: readonly number[], before: readonly number[]): void {
  const largest = before.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  const differences = before.map((value, i) => Math.abs(value - (answers[i] ?? NaN)) / largest);
  const most = answers.length === before.length ? Math.max(...differences) : Infinity;
  if (most <= SAME) return;
  throw new AssayError('model', {
    where,
    what: `it does not answer as it did when the run was planned: the scores of the same samples differ by ${most.toPrecision(2)} of the largest`,
    mend: 'The model behind it was changed, or draws random numbers: begin another run, without `--resume`.',
  });
}

const CHANGES =
  'Only answers are seen of this target: the model behind it can change at any time without a sign. Each part of the run ' +
  'asks the same samples first, and stops where the answers are others.';

function cardOf(parts: Unopened, target: BlackBoxTarget, answers: readonly number[]): TargetCard {
  const { declaration, source } = parts;
  const { domain, head, labels } = declaration;
  return {
    name: target.name,
    digest: target.digest,
    engine: parts.engine,
    device: parts.device,
    files: parts.files,
    domain: {
      kind: domain.kind,
      shape: [...domain.shape],
      range: [...domain.range],
      layout: domain.kind === 'image' ? domain.layout : null,
      mean: [...domain.mean],
      std: [...domain.std],
    },
    head: {
      kind: head.kind,
      outputs: scoreWidth(head),
      scale: parts.gives,
      tolerance: head.kind === 'regression' ? head.tolerance : null,
    },
    labels: labels === null ? null : [...labels],
    batch: `${source.batch} a question`,
    capabilities: [...target.capabilities],
    missing: [...target.missing].map(([capability, because]) => ({ capability, because })),
    notes: [...parts.notes, CHANGES],
    answers: [...answers],
  };
}
