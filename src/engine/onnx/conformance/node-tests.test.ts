import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeConformance, type ConformanceCase, type Skip } from '../../../../test/conformance.js';

/** The vectors of ONNX 1.12, which end at opset 17, as Debian's package libonnx-testdata installs them. */
const FOLDER = '/usr/share/libonnx-testdata/data/node';

const SKIPS: readonly Skip[] = [
  {
    reason: 'opsets below 7',
    cases: /^(elu|global(average|max)pool|hardsigmoid|instancenorm|not_|selu|softplus|softsign)|^reduce_log_sum$/,
    ends: /written in opset [16]\. Assay reads opsets 7 to/,
  },
  {
    reason: 'optimizers: a domain for training',
    cases: /^(adagrad|adam|momentum|nesterov_momentum)/,
    ends: /domain `ai\.onnx\.preview\.training`, which has no kernel here/,
  },
  {
    reason: 'dropout that trains draws at random',
    cases: /^training_dropout_(default(_mask)?|mask)$|^training_dropout$/,
    ends: /differs by 1\.0/,
  },
  { reason: 'draws at random', cases: /^bernoulli/, ends: /differs by 1\.0/ },
  {
    reason: 'strings as inputs or outputs',
    cases: /^cast(like)?_(FLOAT_to_STRING|STRING_to_FLOAT)(_expanded)?$|^strnormalizer/,
    ends: /of type string/,
  },
  {
    reason: 'bfloat16 as inputs or outputs, which ONNX Runtime for Node does not pass on',
    cases: /BFLOAT16/,
    ends: /Unsupported data type: 16/,
  },
  {
    reason: 'sequences and optionals as inputs, which are no tensors',
    cases: /^(identity_opt|identity_sequence|optional_|sequence_insert)/,
    ends: /input 0 (is split into segments|claims the shape|has no element type)/,
  },
  {
    reason: 'subgraphs of an old opset',
    cases: /^(if|loop1|scan|sequence_map|range_(float|int32)_type_\w+_expanded$)/,
    ends: /opset \d+ holds subgraphs/,
  },
  {
    reason: 'no kernel in ONNX Runtime for these element types',
    cases: /^(bitshift_(left|right)|max|min)_u?int16$|^pow_types_float32_uint(32|64)$/,
    ends: /Could not find an implementation/,
  },
  {
    reason: 'ONNX Runtime has recurrent layers with the sequence in front only',
    cases: /_batchwise$/,
    ends: /layout_ == 0/,
  },
  {
    reason: 'scales that are no constants, of an opset that left the rounding open',
    cases: /^upsample_nearest$/,
    ends: /computes its scales/,
  },
  {
    reason: 'coordinates that opset 13 took away',
    cases: /^resize_downsample_sizes_nearest_tf_half_pixel_for_nn$/,
    ends: /tf_half_pixel_for_nn/,
  },
  {
    reason: 'stored for 3.1415 in the place of pi',
    cases: /^(blackman|hamming|hann)window/,
    ends: /differs by 0\.0000[67]/,
  },
  { reason: 'stored with four decimals', cases: /^roialign_aligned/, ends: /differs by 0\.0000[58]/ },
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
];

if (!existsSync(FOLDER)) {
  const reason = "Debian's libonnx-testdata is not installed: ONNX's own vectors up to opset 17 are not run";
  if (process.env['CI']) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  test.skip(reason, () => undefined);
} else {
  describeConformance('vectors of ONNX up to opset 17', readdirSync(FOLDER).sort().map(read), SKIPS, 814);
}

function read(folder: string): ConformanceCase {
  const path = join(FOLDER, folder);
  const data = join(path, 'test_data_set_0');
  const files = readdirSync(data);
  const tensors = (role: string) =>
    files
      .filter((file) => file.startsWith(role))
      .map((_, i) => new Uint8Array(readFileSync(join(data, `${role}_${i}.pb`))));
  return {
    name: folder.replace(/^test_/, ''),
    model: new Uint8Array(readFileSync(join(path, 'model.onnx'))),
    inputs: tensors('input'),
    outputs: tensors('output'),
  };
}
