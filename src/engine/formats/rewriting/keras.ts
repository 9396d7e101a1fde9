import type { ModelBytes } from '../../contract.js';
import { archiveWith, readArchive } from '../keras/reading/archive.js';
import { writeHdf5 } from '../keras/writing/hdf5.js';
import { WITHOUT_OPTIMIZER, type Trained, type Written } from './written.js';

/** Where `.h5` files and archives of Keras keep the moments of the optimizer. */
const OPTIMIZER_GROUPS = ['optimizer_weights', 'optimizer'];

/** A `.keras` archive or an `.h5` file with other weights; all but those and the state of the optimizer stays as it is. */
export async function writeKeras({ main, files }: ModelBytes, trained: Trained): Promise<Written> {
  const bytes = files.get(main) ?? new Uint8Array();
  const isArchive = bytes[0] === ZIP_START;
  const before = isArchive ? readArchive(bytes, main).weights : bytes;
  if (before === null) return { files, notes: [] };
  const { bytes: weights, hadGroups } = await writeHdf5(before, main, trained, OPTIMIZER_GROUPS);
  const after = isArchive ? archiveWith(bytes, main, weights) : weights;
  return { files: new Map([...files, [main, after]]), notes: hadGroups ? [WITHOUT_OPTIMIZER] : [] };
}

const ZIP_START = 0x50;
