/** A process that opens models for engine-process.ts, which asks for one at a time. */
import { AssayError, messageOf } from '#base/errors';
import { peakMemoryMiB } from '#base/peak-memory';
import { openOnnxModel } from '../src/engine/onnx/index.js';
import { describeOnnxModel } from '../src/engine/onnx/model.js';
import type { OpeningRequest, OpeningResult } from './engine-process.js';

process.on('message', (request: OpeningRequest) => {
  void opening(request).then((result) => process.send?.(result));
});

async function opening({ file, spec, through }: OpeningRequest): Promise<OpeningResult> {
  const model = { main: 'model.onnx', files: new Map([['model.onnx', file]]) };
  const before = process.cpuUsage();
  const end = (error: OpeningResult['error']): OpeningResult => {
    const { user, system } = process.cpuUsage(before);
    return { error, cpuSeconds: (user + system) / 1e6, peakMiB: peakMemoryMiB() };
  };
  try {
    if (through === 'description') {
      describeOnnxModel(model, spec.output);
    } else {
      const opened = await openOnnxModel(model, spec);
      await opened.dispose();
    }
    return end(null);
  } catch (thrown) {
    const isAssay = thrown instanceof AssayError;
    return end({ code: isAssay ? thrown.code : null, message: isAssay ? thrown.message : stackOf(thrown) });
  }
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? messageOf(thrown)) : messageOf(thrown);
}
