import { loadNativeTensorFlow } from '../src/engine/tfjs/native/load.js';

/**
 * `describe` where native TensorFlow is. Prints why the tests are skipped, and throws in CI, which sets it up before: a binding that
 * does not load there is a failure.
 *
 * @param what is not tested without it
 */
export function describeOnTensorFlow(what: string): jest.Describe {
  const native = loadNativeTensorFlow();
  if (native.state === 'loaded') return describe;
  const why =
    native.state === 'failed' ? native.sentence : 'native TensorFlow is not installed (`assay setup tensorflow`)';
  if (process.env['CI']) throw new Error(`${what}: ${why}`);
  process.stderr.write(`skipped: ${what}: ${why}\n`);
  return describe.skip;
}
