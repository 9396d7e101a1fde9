import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageRoot } from '#base/package-root';
import { describeConformance, type ConformanceCase, type Skip } from '../../../../test/conformance.js';

/** Each part in base64; see fixtures/make/conformance.py. */
interface StoredCase {
  readonly name: string;
  readonly model: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const SKIPS: readonly Skip[] = [
  {
    reason: 'windows of attention came with opset 27',
    cases: /^attention_(\w+_)?(local|bidirectional)_window/,
    ends: /Unrecognized attribute: (left|right)_window_size/,
  },
  {
    reason: 'ONNX Runtime wants a mask for every key, padding included',
    cases: /^attention_4d_diff_heads_mask4d_padded_kv$/,
    ends: /running Attention node/,
  },
  {
    reason: 'no kernel in ONNX Runtime for the newest version',
    cases: /^(bernoulli|roialign)/,
    ends: /Could not find an implementation for (RandomUniformLike|RoiAlign)\(22\)/,
  },
  {
    reason: 'dropout that trains draws at random',
    cases: /^training_dropout_(default(_mask)?|mask)$|^training_dropout$/,
    ends: /differs by 1\.0/,
  },
  {
    reason: 'ONNX Runtime has recurrent layers with the sequence in front only',
    cases: /_batchwise$/,
    ends: /layout_ == 0/,
  },
  {
    reason: 'ONNX Runtime aligns corners to the size after rounding, ONNX to the one before',
    cases: /^resize_downsample_scales_(cubic|linear)_align_corners$/,
    ends: /differs by 0\.(07|27)/,
  },
  {
    reason: 'ONNX Runtime counts indices in the output, ONNX in the size that the kernel implies',
    cases: /^maxunpool_export_with_output_shape$/,
    ends: /differs by 1\.0/,
  },
  {
    reason: 'stored with four decimals',
    cases: /^averagepool_2d_ceil_last_window_starts_on_pad$/,
    ends: /differs by 0\.00016/,
  },
];

describeConformance('vectors of ONNX above opset 17', storedCases().map(decoded), SKIPS, 535);

function storedCases(): readonly StoredCase[] {
  const path = join(packageRoot(), 'fixtures/conformance/opsets-18-plus.json.gz');
  return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as readonly StoredCase[];
}

function decoded({ name, model, inputs, outputs }: StoredCase): ConformanceCase {
  const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
  return { name, model: bytes(model), inputs: inputs.map(bytes), outputs: outputs.map(bytes) };
}
