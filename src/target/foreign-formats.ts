/** Formats that are taken for models and that Assay does not read, told by their content. Nothing of them is ever loaded. */
export interface ForeignFormat {
  readonly looksLike: string;
  readonly mend: string;
  /** Whether no model of a format that Assay reads can look like this. */
  readonly isCertain: boolean;
}

interface Mark extends ForeignFormat {
  /** @param bytes of the whole file @param start the first of them, as text */
  readonly matches: (bytes: Uint8Array, start: string) => boolean;
}

/** How to get from a library to ONNX stands on one page, line by line. */
const exportFrom = (library: string): string =>
  `Export it as ONNX: docs/exporting.md of Assay has the lines for ${library}.`;

const MARKS: readonly Mark[] = [
  {
    looksLike: 'TorchScript of PyTorch, which holds code',
    mend: exportFrom('PyTorch'),
    isCertain: true,
    matches: (bytes, start) => isZip(start) && hasEntry(bytes, /\/(constants\.pkl|code\/)/),
  },
  {
    looksLike: 'a zip archive of PyTorch (.pt, .pth), which holds a pickle, and a pickle can run code',
    mend: exportFrom('PyTorch'),
    isCertain: true,
    matches: (bytes, start) => isZip(start) && hasEntry(bytes, /\/data\.pkl/),
  },
  {
    looksLike: 'an archive of NumPy arrays (.npz), which holds no model',
    mend: 'Name the file of the model.',
    isCertain: true,
    matches: (bytes, start) => isZip(start) && hasEntry(bytes, /\.npy/),
  },
  {
    looksLike: 'a zip archive without the config.json and model.weights.h5 that Keras puts into a .keras file',
    mend: 'Unpack it, and name the file of the model.',
    isCertain: false,
    matches: (_, start) => isZip(start),
  },
  {
    looksLike: 'a Python pickle, as PyTorch, scikit-learn and joblib save models; it can run code and is never loaded',
    mend: exportFrom('PyTorch and scikit-learn'),
    isCertain: true,
    // PROTO, then the version of the protocol; protocol 0 begins with a reference to a class.
    matches: ([opcode = 0, version = 0], start) =>
      (opcode === 0x80 && version >= 2 && version <= 5) || /^c[\w.]+\n[\w.]+\n/.test(start),
  },
  {
    looksLike: 'a compressed stream, as joblib saves models: a pickle, which can run code and is never loaded',
    mend: exportFrom('scikit-learn'),
    isCertain: true,
    // zlib (RFC 1950) at any level, xz and bzip2.
    matches: ([method = 0, flags = 0], start) =>
      (method === 0x78 && (method * 256 + flags) % 31 === 0) || /^(\xfd7zXZ\0|BZh[1-9])/.test(start),
  },
  {
    looksLike: 'a model of TensorFlow.js (model.json) whose topology cannot be told',
    mend: exportFrom('Keras'),
    isCertain: false,
    matches: (_, start) => isJsonText(start) && /"(modelTopology|weightsManifest)"/.test(start),
  },
  {
    looksLike: 'a model of XGBoost',
    mend: exportFrom('gradient-boosted trees'),
    isCertain: true,
    matches: (_, start) => /^\{L?.{0,200}learner/s.test(start) && start.includes('gradient_booster'),
  },
  {
    looksLike: 'a model of LightGBM',
    mend: exportFrom('gradient-boosted trees'),
    isCertain: true,
    matches: (_, start) => /^tree\r?\nversion=v\d/.test(start),
  },
  {
    looksLike: 'a model of CatBoost',
    mend: exportFrom('gradient-boosted trees'),
    isCertain: true,
    matches: (_, start) => start.startsWith('CBM1'),
  },
  {
    looksLike: 'a JSON file',
    mend: 'Name the file of the model; of TensorFlow.js that is model.json.',
    isCertain: false,
    matches: (_, start) => isJsonText(start),
  },
  {
    looksLike: 'a TensorFlow Lite model',
    mend: exportFrom('Keras'),
    isCertain: true,
    matches: (_, start) => start.slice(4, 8) === 'TFL3',
  },
  {
    looksLike: "a model in ONNX Runtime's own format (.ort)",
    mend: 'Name the .onnx file that it was made from.',
    isCertain: true,
    matches: (_, start) => start.slice(4, 8) === 'ORTM',
  },
  {
    looksLike: 'a safetensors file, which holds weights without a model',
    mend: exportFrom('Hugging Face'),
    isCertain: true,
    matches: (_, start) => start.slice(6, 8) === '\0\0' && start.slice(8, 10) === '{"',
  },
  {
    looksLike: 'a GGUF file, which holds weights without a model',
    mend: exportFrom('Hugging Face'),
    isCertain: true,
    matches: (_, start) => start.startsWith('GGUF'),
  },
  {
    looksLike: 'a NumPy array (.npy), which holds no model',
    mend: 'Name the file of the model.',
    isCertain: true,
    matches: (_, start) => start.startsWith('\x93NUMPY'),
  },
  {
    looksLike: 'a pointer of Git LFS instead of the file',
    mend: 'Run `git lfs pull`.',
    isCertain: true,
    matches: (_, start) => start.startsWith('version https://git-lfs'),
  },
  {
    looksLike: 'a web page',
    mend: 'The download went wrong: fetch the file again.',
    isCertain: true,
    matches: (_, start) => /^\s*<(!doctype|html)/i.test(start),
  },
  {
    looksLike: 'a gzip archive',
    mend: 'Unpack it first.',
    isCertain: true,
    matches: (_, start) => start.startsWith('\x1f\x8b'),
  },
];

/** How much of a file is looked at. */
const LOOKED_AT = 65_536;

/** What a file looks like that is certainly no model that Assay reads; undefined for all others. */
export function foreignFormat(bytes: Uint8Array): ForeignFormat | undefined {
  const start = latin1(bytes.subarray(0, LOOKED_AT));
  return MARKS.find((mark) => mark.matches(bytes, start));
}

/** Whether a file begins as an object of JSON does. */
export function isJson(start: Uint8Array): boolean {
  return isJsonText(latin1(start));
}

function isJsonText(start: string): boolean {
  return /^(\xef\xbb\xbf)?\s*\{\s*["}]/.test(start);
}

function isZip(start: string): boolean {
  return start.startsWith('PK\x03\x04');
}

/** Names stand at the beginning of entries and once more in the directory at the end, which is as long as there are entries. */
const DIRECTORY_AT_MOST = 2 ** 20;

function hasEntry(bytes: Uint8Array, name: RegExp): boolean {
  return name.test(latin1(bytes.subarray(-DIRECTORY_AT_MOST)));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
