import { digestOfBytes } from '#base/digest';
import type { ModelBytes } from '#engine/index';
import type { TargetCard } from '#report/report';
import { isContinuous, type Domain } from './domain.js';
import type { TargetModel } from './formats/prepare.js';

/** Name, digest and size of each file of a model. */
export function fileCards(model: ModelBytes): TargetCard['files'] {
  return [...model.files].map(([name, bytes]) => ({ name, sha256: digestOfBytes(bytes), bytes: bytes.length }));
}

/** Of the files that the user gave, whatever an engine was given. */
export function modelCards(model: TargetModel): TargetCard['files'] {
  return model.source?.cards ?? fileCards(model);
}

/** A domain as reports have it. */
export function domainCard(domain: Domain): TargetCard['domain'] {
  const { kind } = domain;
  const shape = [...domain.shape];
  if (!isContinuous(domain)) return { kind, shape, range: null, layout: null, mean: [], std: [] };
  const { range, mean, std } = domain;
  const layout = domain.kind === 'image' ? domain.layout : null;
  return { kind, shape, range: [...range], layout, mean: [...mean], std: [...std] };
}
