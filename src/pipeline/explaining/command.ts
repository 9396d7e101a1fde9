import { basename } from 'node:path';
import { flagsOf, quoted } from '../command.js';
import type { PlanOptions } from '../types.js';
import type { SampleRequest } from './sample.js';

export interface Said extends Pick<PlanOptions, 'only' | 'sample' | 'seed' | 'device'> {
  /** Null: the model as a whole. */
  readonly request: SampleRequest | null;
  readonly score?: string;
}

/** The command that repeats an explanation. Without folders and what changes no result. */
export function commandOf(config: string, said: Said): string {
  const { only = [], score } = said;
  return [
    'assay explain',
    quoted(basename(config)),
    ...wordsOf(said.request),
    ...(score === undefined ? [] : [`--score ${quoted(score)}`]),
    ...(only.length === 0 ? [] : [`--only ${quoted(only.join(','))}`]),
    ...flagsOf(said),
  ].join(' ');
}

function wordsOf(request: SampleRequest | null): string[] {
  switch (request?.kind) {
    case undefined:
      return [];
    case 'index':
      return [String(request.index)];
    case 'picture':
      return [quoted(basename(request.path))];
    case 'row':
      return [quoted(request.json)];
    case 'text':
      return [`--text ${quoted(request.text)}`];
  }
}
