/** Formats that are taken for models and are none of ONNX, told by their first bytes. Nothing of them is ever loaded. */
interface ForeignFormat {
  readonly looksLike: string;
  readonly mend: string;
  readonly matches: (start: Uint8Array) => boolean;
}

const EXPORT = 'Assay reads ONNX models: export the model as ONNX.';

const FORMATS: readonly ForeignFormat[] = [
  {
    looksLike: 'a zip archive, as PyTorch (.pt, .pth) and Keras (.keras) save them',
    mend: 'Assay reads ONNX models: export it with `torch.onnx.export` or `keras.Model.export`.',
    matches: (start) => startsWith(start, 'PK\x03\x04'),
  },
  {
    looksLike: 'a Python pickle, as PyTorch and scikit-learn save models',
    mend: 'Assay reads ONNX models and never loads a pickle, which can run code: export the model as ONNX.',
    // PROTO, then the version of the protocol.
    matches: ([opcode = 0, version = 0]) => opcode === 0x80 && version >= 2 && version <= 5,
  },
  {
    looksLike: 'an HDF5 file, as Keras (.h5) saves models',
    mend: 'Assay reads ONNX models: export it with `keras.Model.export` or tf2onnx.',
    matches: (start) => startsWith(start, '\x89HDF'),
  },
  {
    looksLike: 'a model of TensorFlow.js (model.json)',
    mend: EXPORT,
    matches: (start) => isJson(start) && /"(modelTopology|weightsManifest)"/.test(latin1(start)),
  },
  { looksLike: 'a JSON file', mend: EXPORT, matches: isJson },
  { looksLike: 'a TensorFlow Lite model', mend: EXPORT, matches: (start) => latin1(start.subarray(4, 8)) === 'TFL3' },
  {
    looksLike: "a model in ONNX Runtime's own format (.ort)",
    mend: EXPORT,
    matches: (start) => latin1(start.subarray(4, 8)) === 'ORTM',
  },
  {
    looksLike: 'a safetensors file, which holds weights without a model',
    mend: EXPORT,
    matches: (start) => start.subarray(6, 8).every((byte) => byte === 0) && latin1(start.subarray(8, 10)) === '{"',
  },
  {
    looksLike: 'a pointer of Git LFS instead of the file',
    mend: 'Run `git lfs pull`.',
    matches: (start) => startsWith(start, 'version https://git-lfs'),
  },
  {
    looksLike: 'a web page',
    mend: 'The download went wrong: fetch the file again.',
    matches: (start) => /^\s*<(!doctype|html)/i.test(latin1(start)),
  },
  { looksLike: 'a gzip archive', mend: 'Unpack it first.', matches: (start) => startsWith(start, '\x1f\x8b') },
];

/** How much of a file is looked at. TensorFlow.js puts its keys first. */
const LOOKED_AT = 65_536;

/** What a file looks like that is certainly no ONNX; undefined for all others. */
export function foreignFormat(bytes: Uint8Array): Pick<ForeignFormat, 'looksLike' | 'mend'> | undefined {
  const start = bytes.subarray(0, LOOKED_AT);
  return FORMATS.find((format) => format.matches(start));
}

function isJson(start: Uint8Array): boolean {
  return /^(\xef\xbb\xbf)?\s*\{\s*"/.test(latin1(start));
}

function startsWith(start: Uint8Array, magic: string): boolean {
  return latin1(start.subarray(0, magic.length)) === magic;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
