import { counted, grouped } from '#base/format';
import type { TableDetail } from '#report/details';
import type { Sign } from '#report/report';
import { countBits, type EvasionData } from '../evidence/data.js';
import { DIAGNOSES } from './diagnoses.js';
import { FLAGS } from './flags.js';
import { INDICATORS } from './indicators.js';
import type { Reading, Rule } from './reading.js';
import { RULES, type Seen } from './rules.js';

interface TrustGroup {
  readonly source: string;
  readonly readings: readonly Reading[];
}

/** Its readings each have a sign of their own: they name what the target is. */
const NAMES = 'What the target is';

/** All that the examination of an attack says; null where there was none. */
export function trustOf(data: EvasionData): readonly TrustGroup[] | null {
  const { trust } = data;
  if (trust === undefined || trust === null) return null;
  const seen: Seen = { trust, data };
  const read = (rules: readonly Rule<Seen>[]): Reading[] =>
    rules.map((rule) => ({ id: rule.id, title: rule.title, ...rule.read(seen) }));
  return [
    { source: NAMES, readings: read(DIAGNOSES) },
    { source: 'Carlini et al. 2019', readings: read(RULES) },
    { source: 'AutoAttack', readings: read(FLAGS) },
    { source: 'Pintor et al. 2022', readings: read(INDICATORS) },
  ];
}

/** The trust verdict: whether the attack is believed to have worked, and by what name the target goes where it did not. */
export function trustSigns(data: EvasionData): Sign[] {
  if (data.trust === null) return [NOT_EXAMINED];
  const groups = trustOf(data);
  if (groups === null || data.trust === undefined) return [];
  const named = groups.flatMap(({ source, readings }) => (source === NAMES ? failing(readings) : []));
  const rules = groups.flatMap(({ source, readings }) => (source === NAMES ? [] : readings));
  return [
    overall(rules, data.trust.indices.length),
    ...named.map(({ id, title, sentence }) => ({ id, holds: false, sentence: `${title}. ${sentence}` })),
  ];
}

const NOT_EXAMINED: Sign = {
  id: 'trust',
  holds: false,
  sentence: 'It was not examined whether the attack worked: `trust.samples` is 0.',
};

/** Sentences that are repeated where rules do not hold; all stand in the table. */
const SHOWN = 3;

function overall(rules: readonly Reading[], samples: number): Sign {
  const failed = failing(rules);
  const decided = rules.filter(({ holds }) => holds !== null).length;
  const looked = `Whether the attack worked was examined on ${counted(samples, 'sample')}`;
  if (failed.length === 0) {
    const rest = rules.length - decided;
    return {
      id: 'trust',
      holds: true,
      sentence: `${looked}: each of ${counted(decided, 'rule')} that could be decided holds, and ${grouped(rest)} did not decide.`,
    };
  }
  const first = failed.slice(0, SHOWN).map(({ id, sentence }) => `${id}: ${sentence}`);
  const ids = failed.map(({ id }) => id).join(', ');
  return {
    id: 'trust',
    holds: false,
    sentence: `${looked}, and ${counted(failed.length, 'rule does', 'rules do')} not hold (${ids}). ${first.join(' ')}`,
  };
}

function failing(readings: readonly Reading[]): readonly Reading[] {
  return readings.filter(({ holds }) => holds === false);
}

/** All readings as rows; none where nothing was examined. */
export function trustTable(data: EvasionData): TableDetail[] {
  const groups = trustOf(data);
  if (groups === null || data.trust === undefined || data.trust === null) return [];
  const { indices, right, epsilon } = data.trust;
  return [
    {
      kind: 'table',
      title: 'Can this number be believed?',
      columns: [
        { label: 'Rule', format: 'text' },
        { label: 'What has to hold', format: 'text' },
        { label: 'Holds', format: 'text' },
        { label: 'What was seen', format: 'text' },
      ],
      rows: groups.flatMap(({ source, readings }) =>
        readings.map(({ id, title, holds, sentence }) => [
          id,
          source === NAMES ? `No sign of: ${title.charAt(0).toLowerCase()}${title.slice(1)}` : title,
          ANSWERS[String(holds)] ?? '',
          sentence,
        ]),
      ),
      note:
        `At epsilon ${epsilon}, on ${counted(indices.length, 'sample')} drawn by seed and stratified by label, of which ` +
        `${grouped(countBits(right))} are right without an adversary. Rules are those of Carlini et al. 2019 (R), AutoAttack's flags (F) and the indicators of ` +
        'attack failure of Pintor et al. 2022 (I); what did not decide says why.',
    },
  ];
}

const ANSWERS: Readonly<Record<string, string>> = { true: 'yes', false: 'no', null: 'not decided' };
