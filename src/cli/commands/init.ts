import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { Option } from 'commander';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import type { Json } from '#base/json';
import { initialConfig, initialPolicy, type InitFacts, type InitFlags } from '#config/init';
import { EXIT } from '#pipeline/exit-codes';
import { modelFacts } from '#target/formats/hugging-face';
import { prepareModel, type TargetModel } from '#target/formats/prepare';
import { modelInterface } from '#target/model-interface';
import { readModelFile, type ReadModel } from '#target/read-model';
import { textInputsIfAny } from '#target/text/inputs';
import { TOKENIZER } from '#target/text/tokenizer-files';
import { examples } from '../help.js';
import { printLine, type Io } from '../io.js';
import { given, numberList, numberPair } from '../options.js';
import type { AddCommand } from '../add-command.js';

type Flags = InitFlags & { readonly force?: true };

const CONFIG = 'assay.config.json';
const POLICY = 'assay.policy.json';
const PREPROCESSOR = 'preprocessor_config.json';

export const addInit: AddCommand = (program, io, finish) => {
  program
    .command('init')
    .summary('write a commented config for a model file')
    .description(
      `Writes ${CONFIG} and ${POLICY} for a model file. Nothing is guessed: what neither a flag nor a ` +
        `${PREPROCESSOR} beside the model says is left null, with a comment that says how to find it.`,
    )
    .argument(
      '<model>',
      'ONNX, Keras (.keras, .h5), model.json of TensorFlow.js, or a folder: of Hugging Face Optimum, or a SavedModel',
    )
    .addOption(new Option('--layout <order>', 'the order of an image').choices(['NCHW', 'NHWC']))
    .addOption(new Option('--range <low,high>', 'lowest and highest legal value, such as 0,1').argParser(numberPair))
    .addOption(new Option('--mean <list>', 'per channel, in the units of the range').argParser(numberList))
    .addOption(new Option('--std <list>', 'per channel, in the units of the range').argParser(numberList))
    .addOption(
      new Option('--head <kind>', 'what the outputs mean').choices(['classes', 'binary', 'multi-label', 'regression']),
    )
    .option('--inputs <file>', 'the test inputs: IDX, NPY, or NPZ with the array behind #')
    .option('--labels <file>', 'their truth, in the same formats')
    .option('--force', 'overwrite the files that are there')
    .addHelpText(
      'after',
      examples([
        'assay init model.onnx',
        'assay init model.onnx --head classes --layout NCHW --range 0,1 --mean 0.286 --std 0.353',
        'assay init exported/ --inputs x.npy --labels y.npy',
        'assay init model.onnx --head regression --inputs x.npy --labels y.npy --force',
      ]),
    )
    .action(async (model: string, flags: Flags) => {
      await init(model, flags, io);
      finish(EXIT.passed);
    });
};

async function init(model: string, { force, ...flags }: Flags, io: Io): Promise<void> {
  const file = resolve(io.cwd, model);
  const read = await readModelFile(file);
  const prepared = await prepareModel(read);
  const facts = {
    modelFile: relativePath(io.cwd, file),
    ...modelInterface(prepared),
    preprocessor: await readPreprocessor(await folderOf(file)),
    ...factsFrom(read),
    ...(await textFacts(prepared, file, io.cwd)),
  };
  const files = [
    [join(io.cwd, CONFIG), initialConfig(facts, given(flags))],
    [join(io.cwd, POLICY), initialPolicy()],
  ] as const;
  if (force !== true) for (const [path] of files) await refuseExisting(path);
  for (const [path, text] of files) await write(path, text);
  printLine(io.stdout, `Wrote ${CONFIG} and ${POLICY}.`);
  printLine(io.stdout, `Fill in what is null in ${CONFIG}, then see what would run: assay plan`);
}

/** What the folder of a model says in its `config.json`. */
function factsFrom(read: ReadModel): Pick<InitFacts, 'labels' | 'head'> {
  const { labels, head } = modelFacts(read);
  return {
    ...(labels === null ? {} : { labels: { value: labels, comment: 'From config.json: id2label.' } }),
    ...(head === null ? {} : { head: { value: head, comment: 'From config.json: problem_type.' } }),
  };
}

/** How the model takes texts, where it takes any. */
async function textFacts(model: TargetModel, file: string, cwd: string): Promise<Pick<InitFacts, 'texts'>> {
  const inputs = textInputsIfAny(model);
  if (inputs === null) return {};
  const { ids: input, length } = inputs;
  if (model.files.has(TOKENIZER)) return { texts: { input, length, tokenizer: 'folder' } };
  const beside = join(await folderOf(file), TOKENIZER);
  const tokenizer = (await exists(beside)) ? { path: relativePath(cwd, beside) } : null;
  return { texts: { input, length, tokenizer } };
}

/** The folder itself, or the one that a file lies in. */
async function folderOf(path: string): Promise<string> {
  return (await stat(path)).isDirectory() ? path : dirname(path);
}

function relativePath(from: string, file: string): string {
  return relative(from, file).replaceAll('\\', '/');
}

/** Null when there is none; one that is no JSON says nothing that could be relied on. */
async function readPreprocessor(folder: string): Promise<Json> {
  const path = join(folder, PREPROCESSOR);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Json;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return null;
    throw new AssayError('config', {
      where: path,
      what: `the file cannot be used (${messageOf(cause)})`,
      mend: 'Mend it or move it away.',
      cause,
    });
  }
}

async function refuseExisting(path: string): Promise<void> {
  if (!(await exists(path))) return;
  throw new AssayError('usage', { where: path, what: 'the file exists', mend: 'Add --force to overwrite it.' });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new AssayError('output', { where: path, what: `the file cannot be written (${messageOf(cause)})`, cause });
  }
}
