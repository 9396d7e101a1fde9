import { colorsFor } from '../io.js';
import { tensorFlowLine } from './tensorflow.js';

const colors = colorsFor(process.stdout, { NO_COLOR: '1' });
const installed = {
  works: true,
  package: '@tensorflow/tfjs-node',
  version: '2.21.0',
  device: 'cpu',
  folder: '',
} as const;

test.each([
  [installed, '✓ TensorFlow 2.21.0 on the CPU, by @tensorflow/tfjs-node'],
  [{ ...installed, device: 'cuda' } as const, '✓ TensorFlow 2.21.0 on an NVIDIA GPU, by @tensorflow/tfjs-node'],
  [{ ...installed, version: null, device: null } as const, '✓ @tensorflow/tfjs-node of this project (not tried)'],
  [
    { works: false, because: 'it is\nnot installed', mend: 'Run `assay setup tensorflow`.' } as const,
    '– on WebAssembly: it is not installed. Run `assay setup tensorflow`.',
  ],
  [{ works: false, because: 'it is not installed', mend: null } as const, '– on WebAssembly: it is not installed.'],
])('%#', (found, line) => {
  expect(tensorFlowLine(found, colors)).toBe(line);
});
