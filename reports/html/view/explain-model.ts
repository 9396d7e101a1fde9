import type { ExplanationRecord } from '#report/explanation';
import { epsilonUnits } from '../../format.js';
import { wordsOf } from '../language/languages.js';
import { Numbers, type FigureContext } from './context.js';
import { colophonOf, printable, provenanceOf } from './explain-provenance.js';
import { modelPanelView } from './explain-panels.js';
import { ModelPage } from './explain-schema.js';
import { figureOf } from './figures.js';
import { picturesOf } from './pictures.js';
import { validatedAs } from './validate.js';
import { codeFact, fact } from './words.js';
import { Writer } from './writer.js';

/** The page of a model that was explained as a whole, in English. */
export function modelView(record: ExplanationRecord): ModelPage {
  const words = wordsOf('en');
  const units = epsilonUnits(record.target);
  const write = new Writer(words, units);
  const { details = [], explainers = [] } = record.model ?? {};
  const context: FigureContext = {
    ...{ words, units, write, samples: 'show' },
    pictures: picturesOf([{ details }, ...explainers], () => null, words.figures),
    numbers: new Numbers(words),
  };
  const name = write.name(record.target.name);
  const page: ModelPage = {
    title: `What ${name} rests on · Assay explanation`,
    digest: /^[0-9a-f]{12}/.exec(record.target.digest)?.[0] ?? '',
    heading: `What ${name} rests on`,
    lead: 'The model as a whole, on real inputs: what its accuracy owes to which features, and how its scores move with them.',
    facts: [
      codeFact('Model sha256', record.target.digest.slice(0, 12)),
      ...record.data.slice(0, 1).map(({ role, drawn }) => fact(`Inputs (${role})`, write.name(drawn))),
    ],
    figures: details.map((detail) => figureOf(detail, context)),
    empty: details.length === 0 ? 'Nothing is known that explains a model of this kind as a whole.' : null,
    panels: explainers
      .filter(({ status }) => status !== 'not-applicable')
      .map((explainer) => modelPanelView(explainer, context)),
    absent: explainers.flatMap(({ title, status, because }) =>
      status === 'not-applicable' && because !== null
        ? [{ what: write.english(title), because: write.sentence(because) }]
        : [],
    ),
    provenance: provenanceOf(record, context),
    colophon: colophonOf(record, write),
  };
  return validatedAs(ModelPage, printable(page), 'explanation.html');
}
