import { messageOf } from '#base/errors';
import type { ModelBytes } from '../contract.js';
import { malformed } from '../onnx/proto/malformed.js';
import { isRecord, type JsonRecord } from './json-value.js';

/** Weights lie in shards: the JSON of a network of a thousand layers has one or two megabytes. */
const MAX_BYTES = 2 ** 26;
/** What takes memory is the number of values, not of bytes. */
const MAX_VALUES = 4_000_000;
/** Layers within layers; readers that follow them go as deep. */
const MAX_DEPTH = 200;

const MEND =
  'A `model.json` of TensorFlow.js keeps its weights in other files and stays small: convert the model again.';

/**
 * Reads the main file of a model of TensorFlow.js. Nothing is built before size, depth and number of values are known to be
 * within bounds.
 *
 * @throws AssayError `model` where it is too large, too deep or no JSON object
 */
export function readModelJson(model: ModelBytes): JsonRecord {
  const bytes = model.files.get(model.main);
  if (bytes === undefined) throw malformed(model, 'the file is not there');
  refuseExcess(model, bytes);
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isRecord(json)) return json;
  } catch (thrown) {
    throw malformed(
      model,
      `the file is no JSON (${messageOf(thrown).slice(0, 200)})`,
      'It is cut off or damaged: convert the model again.',
    );
  }
  throw malformed(model, 'the file holds no JSON object', 'Convert the model again.');
}

function refuseExcess(model: ModelBytes, bytes: Uint8Array): void {
  if (bytes.length > MAX_BYTES) {
    throw malformed(model, `the file has ${bytes.length} bytes of JSON, and at most ${MAX_BYTES} are read`, MEND);
  }
  const { values, depth } = measure(bytes);
  if (values > MAX_VALUES) throw malformed(model, `the file holds more than ${MAX_VALUES} values`, MEND);
  if (depth > MAX_DEPTH) throw malformed(model, `the file nests values more than ${MAX_DEPTH} deep`, MEND);
}

const [QUOTE, COMMA, ESCAPE, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('",\\[]{}');

/** How many values JSON has at most, and how deep they lie, by its punctuation. */
function measure(bytes: Uint8Array): { values: number; depth: number } {
  let values = 1;
  let open = 0;
  let depth = 0;
  let isText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (isText) {
      if (byte === ESCAPE) i++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === COMMA) values++;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values++;
      depth = Math.max(depth, ++open);
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) open--;
  }
  return { values, depth };
}
