import { EXPLANATION_VERSION, type ExplanationRecord } from '#report/explanation';
import { clip, visible } from '../../format.js';
import type { FigureContext } from './context.js';
import type { Card, Fact } from './schema.js';
import { codeFact, fact } from './words.js';
import type { Writer } from './writer.js';

const TEXT_LENGTH = 4000;

export function colophonOf({ tool }: ExplanationRecord, write: Writer): string {
  return `Written by assay ${write.name(tool.version)}, explanation version ${EXPLANATION_VERSION}, from \`explanation.json\`. An explanation says how a score came about; it does not say that the score is right.`;
}

/** Everything that decides what the page says. */
export function provenanceOf(record: ExplanationRecord, { write }: FigureContext): Card {
  const { target, data, config, versions, decision } = record;
  return {
    title: null,
    facts: [
      codeFact('Command', record.command),
      codeFact('Seed', String(record.seed)),
      codeFact('Model sha256', target.digest),
      ...(decision === null ? [] : [codeFact('Input sha256', decision.sample.digest), askedIn(decision, write)]),
      ...data.flatMap(({ role, digest, drawn }, i) => {
        const what = i === 0 ? `Background (${role})` : `Inputs of ${write.name(role)}`;
        return [codeFact(`${what}: sha256`, digest), fact(what, write.name(drawn))];
      }),
      codeFact('Config', write.name(config.file)),
      codeFact('Digest of the config', config.digest),
      fact(
        'Versions',
        Object.entries(versions)
          .map(([what, version]) => `${what} ${version}`)
          .join(', '),
      ),
      fact('Executed by', `${target.engine}, ${target.device}`),
    ],
    tables: [],
    notes: [
      write.own(
        'All values are in `explanation.json`, and as NPY files with their digests where they are many. The same seed gives the same bytes; what may differ is in `timings.json`.',
      ),
    ],
  };
}

function askedIn({ explainers }: NonNullable<ExplanationRecord['decision']>, write: Writer): Fact {
  const asked = explainers.filter(({ status }) => status !== 'not-applicable');
  return fact('Asked', asked.map(({ id }) => write.name(id)).join(', '));
}

/** Every text with nothing invisible in it and of bounded length; pictures pass as they are. Changes the view in place. */
export function printable<View extends object>(view: View): View {
  const print = (item: object): void => {
    for (const [key, value] of Object.entries(item) as [string, unknown][]) {
      if (typeof value === 'string' && !value.startsWith('data:image/png;base64,')) {
        Reflect.set(item, key, clip(visible(value), TEXT_LENGTH));
      } else if (typeof value === 'object' && value !== null) print(value);
    }
  };
  print(view);
  return view;
}
