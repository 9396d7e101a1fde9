import { digestOfBytes } from '#base/digest';
import type { ModelBytes } from '#engine/index';
import type { TargetCard } from '#report/report';

/** Name, digest and size of each file of a model. */
export function fileCards(model: ModelBytes): TargetCard['files'] {
  return [...model.files].map(([name, bytes]) => ({ name, sha256: digestOfBytes(bytes), bytes: bytes.length }));
}
