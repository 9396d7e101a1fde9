import { formatBytes } from '../format.js';
import { coded, named, some } from '../model-card/tables.js';
import { filesInWords, type Facts } from './facts.js';
import type { Point } from './point.js';

/** Annex IV, point 1: the system as a whole. Of that an audit sees the model alone. */
export const GENERAL: readonly Point[] = [
  {
    id: '1(a)',
    title: 'Purpose, provider and version',
    items: [
      { asked: 'The intended purpose', provider: 'The intended purpose.' },
      { asked: 'The name of the provider', provider: 'The name of the provider.' },
      {
        asked: 'The version, and how it relates to versions before',
        evidence: version,
        provider: 'The version of the system around the model, and its relation to versions before.',
      },
    ],
  },
  {
    id: '1(b)',
    title: 'Interaction with hardware and software outside the system',
    items: [
      {
        asked: 'How the system works with hardware, software and other AI systems',
        evidence: interfaces,
        provider: 'The interactions of the system around the model.',
      },
    ],
  },
  {
    id: '1(c)',
    title: 'Versions of software and firmware',
    items: [
      {
        asked: 'The relevant versions, and what their updates require',
        evidence: ({ report: { target, provenance } }) =>
          target === null
            ? null
            : `The audit executed the model by ${named(target.engine)}; versions of the audit: ${some(
                Object.entries(provenance.versions)
                  .sort(([a], [b]) => (a < b ? -1 : 1))
                  .map(([name, number]) => `${named(name)} ${coded(number)}`),
              )}.`,
        provider: 'The versions with which the system runs in use, and the requirements on updates.',
      },
    ],
  },
  {
    id: '1(d)',
    title: 'Forms in which the system reaches the market',
    items: [
      {
        asked: 'Packages, downloads, interfaces',
        evidence: ({ report: { target } }) =>
          target === null
            ? null
            : `The model as it was audited: ${target.format === undefined ? 'format not recorded' : named(target.format)}, ${filesInWords(target.files)}, ${formatBytes(target.files.reduce((sum, { bytes }) => sum + bytes, 0))} in all.`,
        provider: 'The forms in which the system is placed on the market or put into service.',
      },
    ],
  },
  {
    id: '1(e)',
    title: 'Intended hardware',
    items: [
      {
        asked: 'The hardware on which the system is meant to run',
        evidence: ({ report: { target } }) =>
          target === null ? null : `The audit executed the model on ${named(target.device)}.`,
        provider: 'The hardware in use. That the audit ran on other hardware is to be judged.',
      },
    ],
  },
  {
    id: '1(f)',
    title: 'Appearance of the product',
    items: [
      {
        asked: 'For a component of a product: pictures of its outside, marking and inner layout',
        provider: 'The pictures, where the system is a component of a product.',
      },
    ],
  },
  {
    id: '1(g)',
    title: 'User interface',
    items: [
      { asked: 'A basic description of the interface for the deployer', provider: 'The description of the interface.' },
    ],
  },
  {
    id: '1(h)',
    title: 'Instructions for use',
    items: [
      {
        asked: 'The instructions for the deployer, with a basic description of the user interface where there is one',
        provider: 'The instructions. Tables A and C hold numbers and limits that they can cite.',
      },
    ],
  },
];

function version({ report: { target, baseline } }: Facts): string | null {
  if (target === null) return null;
  const before = baseline?.target ?? null;
  const compared =
    before === null
      ? ''
      : ` Compared with ${named(before.name)}, digest ${coded(before.digest)} (${before.digest === target.digest ? 'the same model' : 'another model'}); changes stand in table E.`;
  return `Model ${named(target.name)}, digest ${coded(target.digest)}.${compared}`;
}

function interfaces({ report: { target } }: Facts): string | null {
  if (target?.input === undefined || target.output === undefined) return null;
  const [input, output] = [target.input, target.output].map(
    ({ name, type, shape }) =>
      `${named(name)}, ${named(type)}, shape ${some(shape.map((size) => named(String(size ?? 'any'))))}`,
  );
  return `The model takes ${input ?? ''}, and gives ${output ?? ''}.`;
}
