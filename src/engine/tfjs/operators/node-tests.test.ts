import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '#base/errors';
import { modelBytes } from '../../../../test/onnx-files.js';
import { numbersOf } from '../../onnx/graph/constants.js';
import type { Constant } from '../../onnx/graph/ir.js';
import { decodeModel } from '../../onnx/proto/codec.js';
import { GraphProto, joined, ModelProto, ValueInfoProto } from '../../onnx/proto/schema.js';
import { readTensor } from '../../onnx/proto/tensor.js';
import { chooseBackend } from '../backend.js';
import { Interpreter } from '../interpreter.js';
import { upgraded } from '../program.js';
import { constantValue, plain, scoped, type Value } from '../value.js';
import { everyNthOfEach } from '../../../../test/tier.js';

/** The vectors of ONNX 1.12, which end at opset 17, as Debian's package libonnx-testdata installs them. */
const FOLDER = '/usr/share/libonnx-testdata/data/node';
/** Of the largest value, as for the ONNX engine. */
const TOLERANCE = 1e-5;

interface Skip {
  readonly reason: string;
  readonly cases: RegExp;
  /** How each of them ends. */
  readonly ends: RegExp;
}

const SKIPS: readonly Skip[] = [
  {
    reason: 'opsets below 7',
    cases: /^(elu|global(average|max)pool|hardsigmoid|instancenorm|not_|selu|softplus|softsign)|^reduce_log_sum$/,
    ends: /written in opset [16]\. Assay reads opsets 7 to/,
  },
  {
    reason: 'losses and optimizers: operators for training, which stand in no model that is used',
    cases: /^nllloss(?!.*_expanded)|^(sce_|adagrad|adam|momentum|nesterov_momentum)/,
    ends: /does not have|has no kernel here/,
  },
  {
    reason: 'signals, windows, detections and counts of words, which come in front of a classifier or behind it',
    cases:
      /^(dft|stft|melweightmatrix|(blackman|hamming|hann)window(_symmetric)?$|nonmaxsuppression|roialign|det_|tfidf)/,
    ends: /does not have/,
  },
  { reason: 'draws at random', cases: /^bernoulli/, ends: /does not have/ },
  {
    reason: 'strings',
    cases: /^cast(like)?_(FLOAT_to_STRING|STRING_to_FLOAT)(_expanded)?$|^strnormalizer/,
    ends: /string|does not have/,
  },
  {
    reason: 'sequences and optionals, which are no tensors',
    cases: /^(identity_opt|identity_sequence|if_opt|if_seq|loop1[36]_seq|optional_|sequence_(insert|map))/,
    ends: /does not have|holds subgraphs|is split into segments|claims the shape|has no element type/,
  },
  {
    reason: 'half precision is computed in float32',
    cases: /BFLOAT16|_to_FLOAT16(_expanded)?$/,
    ends: /differs by|is of type/,
  },
  {
    reason: 'dropout and normalization that train',
    cases: /^training_dropout_(default(_mask)?|mask)$|^training_dropout$|^batchnorm_.*training_mode$/,
    ends: /differs by|trains/,
  },
  {
    reason: 'integers between quantizers: a pass puts real operators in their place',
    cases: /^qlinear/,
    ends: /does not have/,
  },
  { reason: 'a scan with lengths, as opset 8 had it', cases: /^scan_sum$/, ends: /lacks its input/ },
  {
    reason: 'forms of old opsets that later ones do not have',
    cases: /^upsample_nearest$|^resize_downsample_sizes_nearest_tf_half_pixel_for_nn$/,
    ends: /computes its scales|tf_half_pixel_for_nn/,
  },
  {
    reason: 'stored for 3.1415 in the place of pi',
    cases: /^(blackman|hamming|hann)window_.*expanded$/,
    ends: /differs by 0\.0000[67]/,
  },
  {
    reason: 'as in ONNX Runtime corners are aligned to the size after rounding',
    cases: /^resize_downsample_scales_(cubic|linear)_align_corners$/,
    ends: /differs by 0\.(07|27)/,
  },
  {
    reason: 'as in ONNX Runtime indices count in the output',
    cases: /^maxunpool_export_with_output_shape$/,
    ends: /differs by 1\.0/,
  },
];
/** So that no case is lost unseen. */
const COUNT = 709;

if (!existsSync(FOLDER)) {
  const reason = "Debian's libonnx-testdata is not installed: ONNX's own vectors are not run on TensorFlow.js";
  if (process.env['CI']) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  test.skip(reason, () => undefined);
} else {
  describe("ONNX's own vectors on TensorFlow.js", () => {
    const names = readdirSync(FOLDER).sort();
    const skipOf = (name: string): Skip | undefined =>
      SKIPS.find(({ cases }) => cases.test(name.replace(/^test_/, '')));
    beforeAll(() => chooseBackend(['cpu']));

    test('give the stored outputs', () => {
      const run = names.filter((name) => skipOf(name) === undefined);
      const problems = everyNthOfEach(4, operatorOf, run).flatMap((name) => {
        const end = endOf(name);
        return end === null ? [] : [`${name}: ${end}`];
      });
      expect(problems).toEqual([]);
      expect(run.length).toBe(COUNT);
    });

    test.each(SKIPS.map((skip) => [skip.reason, skip] as const))('skipped: %s', (_, skip) => {
      const ends = names.filter((name) => skipOf(name) === skip).map((name) => `${name}: ${endOf(name) ?? 'is right'}`);
      expect(ends).not.toEqual([]);
      expect(ends.filter((end) => !skip.ends.test(end))).toEqual([]);
    });
  });
}

/** `test_reduce_mean_default_axes` is of `reduce`: near enough to leave out no operator whose name begins otherwise. */
function operatorOf(name: string): string | undefined {
  return name.split('_')[1];
}

/** What is wrong with a case; null where it gives the stored outputs. */
function endOf(name: string): string | null {
  try {
    return scoped(() => differenceOf(name));
  } catch (thrown) {
    return messageOf(thrown);
  }
}

function differenceOf(name: string): string | null {
  const path = join(FOLDER, name);
  const bytes = new Uint8Array(readFileSync(join(path, 'model.onnx')));
  const file = modelBytes(bytes);
  const tensors = (role: string): Constant[] => {
    const files = readdirSync(join(path, 'test_data_set_0')).filter((each) => each.startsWith(role));
    return files.map((_, i) =>
      readTensor(file, new Uint8Array(readFileSync(join(path, 'test_data_set_0', `${role}_${i}.pb`))), `${role} ${i}`),
    );
  };
  const { graph, prepareBody } = upgraded(decodeModel(file));
  const { input } = GraphProto.decode(joined(ModelProto.decode(bytes).graph));
  const declared = input.map((info) => ValueInfoProto.decode(info).name);
  const given = tensors('input').map((value, i): [string, Value] => [declared[i] ?? '', constantValue(value)]);
  const interpreter = new Interpreter(graph, prepareBody);
  const values = interpreter.run(graph.nodes, new Map(given));
  const differences = tensors('output').flatMap((wanted, i) => {
    const output = graph.outputs[i]?.name ?? '';
    const difference = differenceTo(wanted, values.get(output) ?? interpreter.constant(output));
    return difference === null ? [] : [difference];
  });
  interpreter.dispose();
  return differences[0] ?? null;
}

function differenceTo(wanted: Constant, value: Value | undefined): string | null {
  if (value === undefined) return 'is missing';
  const found = plain(value);
  if (found.shape.join() !== wanted.shape.join()) return `has the shape [${found.shape.join()}]`;
  if (value.type !== wanted.type) return `is of type ${value.type}`;
  const expected = numbersOf(wanted);
  const actual = found.dataSync();
  const scale = expected.reduce((most, each) => (isFinite(each) ? Math.max(most, Math.abs(each)) : most), 1e-3);
  const most = expected.reduce((sofar, each, i) => Math.max(sofar, apart(each, actual[i] ?? NaN)), 0);
  return most / scale < TOLERANCE ? null : `differs by ${(most / scale).toPrecision(2)}`;
}

function apart(wanted: number, found: number): number {
  if (Object.is(wanted, found) || wanted === found) return 0;
  const distance = Math.abs(wanted - found);
  return Number.isNaN(distance) ? Infinity : distance;
}
