import { counted, percent, pValue } from '#base/format';
import type { Layer } from '#engine/index';
import type { Detail } from '#report/details';
import { wilson, wilsonOfRate, type Interval } from '#stats/intervals';
import type { TestedConcept } from '../methods/concepts/tcav.js';
import { layerWords } from './layer.js';

/** What a test of concepts was of. */
export interface ConceptFacts {
  readonly layer: Layer;
  /** Of the score. */
  readonly label: string;
  readonly examples: number;
  readonly random: number;
  readonly runs: number;
  readonly permutations: number;
  readonly level: number;
  /** Inputs of each concept. */
  readonly rows: readonly number[];
}

const MIDDLE = 0.95;

/** One bar a concept, beside what random concepts have. */
export function conceptBars(found: readonly TestedConcept[], facts: ConceptFacts): Detail {
  const random = found.flatMap(({ randomScores }) => [...randomScores]);
  return {
    kind: 'bars',
    title: `TCAV scores of ${facts.label}`,
    description:
      `The share of ${counted(facts.examples, 'example')} whose score of ${facts.label} rises towards each concept at the layer \`${facts.layer.name}\`, with 95 % intervals over the ` +
      'examples and the random inputs. A bar says something only where its concept can be told from random ones: see the table.',
    x: { label: 'TCAV score', format: 'rate' },
    rows: found.map((concept) => ({ name: concept.name, value: concept.score, ...scoreInterval(concept, facts) })),
    reference: { x: random.reduce((sum, score) => sum + score, 0) / random.length, label: 'random concepts' },
  };
}

/** What came of the test. */
export function conceptTable(found: readonly TestedConcept[], facts: ConceptFacts): Detail {
  return {
    kind: 'table',
    title: `Concepts at the layer ${facts.layer.name}`,
    columns: [
      { label: 'Concept', format: 'text' },
      { label: 'TCAV score', format: 'rate' },
      { label: '95 % interval', unit: '%', format: 'text' },
      { label: 'p', format: 'number' },
      { label: 'p, Holm', format: 'number' },
      { label: 'Reading', format: 'text' },
    ],
    rows: found.map((concept) => [
      concept.name,
      concept.score,
      between(scoreInterval(concept, facts)),
      rounded(concept.p),
      rounded(concept.adjusted),
      readingOf(concept, facts),
    ]),
    note:
      `p is two-sided, of the mean derivative along the concept against ${counted(facts.permutations, 'random concept')} each, so that it is ${rounded(1 / (facts.permutations + 1))} or more; ` +
      `behind it stands what it is when all ${counted(facts.rows.length, 'concept')} are tested together.`,
  };
}

/** How far the vectors behind it can be trusted. */
export function vectorTable(found: readonly TestedConcept[], facts: ConceptFacts): Detail {
  return {
    kind: 'table',
    title: `Concept vectors at the layer ${facts.layer.name}`,
    columns: [
      { label: 'Concept', format: 'text' },
      { label: 'Inputs', format: 'count' },
      { label: 'Held-out accuracy', format: 'rate' },
      { label: '95 % interval', unit: '%', format: 'text' },
      { label: 'Mean derivative', format: 'number' },
      { label: 'Random scores', unit: '%', format: 'text' },
    ],
    rows: found.map((concept, k) => [
      concept.name,
      facts.rows[k] ?? 0,
      concept.accuracy,
      between(accuracyInterval(concept.accuracy, facts.rows[k] ?? 0)),
      concept.sensitivity,
      between(middleOf(concept.randomScores)),
    ]),
    note: 'The accuracy is that of the linear classifier on inputs that it has not seen, half of them random: without such a direction it is 50 %. Random scores are the middle 95 % of the TCAV scores of random concepts.',
  };
}

export function conceptStatements(found: readonly TestedConcept[], facts: ConceptFacts): string[] {
  return [
    `At the layer ${layerWords(facts.layer)}, the score of ${facts.label}, ${counted(facts.examples, 'example')}, ${counted(facts.random, 'random input')}; ${counted(facts.runs, 'concept vector')} a concept.`,
    ...found.map((concept, k) => sentenceOf(concept, facts.rows[k] ?? 0, facts)),
    'A concept is whatever its inputs share and random ones lack: also a background, a colour or where they come from. The test is of this layer alone, and its interval takes the inputs of the concept as they are.',
  ];
}

function sentenceOf(concept: TestedConcept, rows: number, facts: ConceptFacts): string {
  const { name, p, adjusted, score, accuracy } = concept;
  const test = `${pValue(p)}, ${pValue(adjusted)} after Holm's correction for ${counted(facts.rows.length, 'concept')}`;
  const seen = accuracyInterval(accuracy, rows);
  const told =
    seen.low > 0.5
      ? ''
      : ` Nor can a linear classifier tell its inputs from random ones there: it is right on ${percent(accuracy)} of those that it has not seen.`;
  if (!isTold(concept, facts)) {
    return `${quoted(name)}: its concept vectors cannot be told from those of random inputs (${test}), so that its TCAV score of ${percent(score)} says nothing.${told}`;
  }
  const way = concept.sensitivity > 0 ? 'rises' : 'falls';
  const interval = scoreInterval(concept, facts);
  const doubt =
    told === ''
      ? ''
      : ` Yet a linear classifier is right on only ${percent(accuracy)} of inputs that it has not seen: read it with care.`;
  return `${quoted(name)}: the score of ${facts.label} ${way} towards the concept (${test}); its TCAV score is ${percent(score)}, 95 % interval ${percent(interval.low)} to ${percent(interval.high)}.${doubt}`;
}

/** Whether a concept can be told from random ones. Products that differ by rounding tie. */
function isTold({ adjusted }: TestedConcept, { level }: ConceptFacts): boolean {
  return adjusted <= level * (1 + 1e-12);
}

function readingOf(concept: TestedConcept, facts: ConceptFacts): string {
  if (!isTold(concept, facts)) return 'not told from random';
  return concept.sensitivity > 0 ? 'raises the score' : 'lowers the score';
}

/**
 * Of the share of examples, over the draw of examples and of the random inputs of each run: Wilson's at the number of examples
 * that would be as uncertain. A mean of shares varies at most as a rate of whole examples does.
 */
export function scoreInterval(
  { score, runScores }: Pick<TestedConcept, 'score' | 'runScores'>,
  { examples }: Pick<ConceptFacts, 'examples'>,
): Interval {
  const runs = runScores.length;
  const spread = runs < 2 ? 0 : runScores.reduce((sum, each) => sum + (each - score) ** 2, 0) / (runs - 1) / runs;
  const single = score * (1 - score);
  const effective = single === 0 ? examples : single / (single / examples + spread);
  return wilsonOfRate(score, effective);
}

/** At as many trials as one run leaves out: those of several runs are not all different. */
function accuracyInterval(accuracy: number, rows: number): Interval {
  const trials = 2 * Math.max(Math.floor(rows / 3), 1);
  return wilson(Math.round(accuracy * trials), trials);
}

function middleOf(scores: Float64Array): Interval {
  const sorted = scores.toSorted();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
  return { low: at((1 - MIDDLE) / 2), high: at((1 + MIDDLE) / 2) };
}

/** In percent. */
function between({ low, high }: Interval): string {
  return `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}`;
}

function rounded(p: number): number {
  return Number(p.toPrecision(3));
}

function quoted(name: string): string {
  return `“${name}”`;
}
