import type { NativeTensorFlowDescription } from '#engine/index';
import type { Colors } from '../io.js';
import { oneLine } from '../print/text.js';

/** What the `tfjs` engine runs on, and what would make it faster. */
export function tensorFlowLine(found: NativeTensorFlowDescription, colors: Colors): string {
  if (found.works) {
    if (found.version === null) return `${colors.green('✓')} ${found.package} of this project (not tried)`;
    const on = found.device === 'cuda' ? 'an NVIDIA GPU' : 'the CPU';
    return `${colors.green('✓')} TensorFlow ${found.version} on ${on}, by ${found.package}`;
  }
  const mend = found.mend === null ? '' : ` ${oneLine(found.mend)}`;
  return `– on WebAssembly: ${oneLine(found.because)}.${mend}`;
}
