import { digestOfBytes } from '#base/digest';
import type { ModelBytes } from '#engine/index';
import type { TargetCard } from '#report/report';
import type { TargetModel } from './formats/prepare.js';

/** Name, digest and size of each file of a model. */
export function fileCards(model: ModelBytes): TargetCard['files'] {
  return [...model.files].map(([name, bytes]) => ({ name, sha256: digestOfBytes(bytes), bytes: bytes.length }));
}

/** Of the files that the user gave, whatever an engine was given. */
export function modelCards(model: TargetModel): TargetCard['files'] {
  return model.source?.cards ?? fileCards(model);
}
