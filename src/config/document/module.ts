import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { AssayError, messageOf, type AssayErrorCode } from '#base/errors';

/**
 * Module hooks that turn TypeScript into JavaScript with the project's own `typescript`. A hook's thread loads its code
 * by URL; as text it needs no file beside each of our bundles.
 */
const HOOKS = `
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
let ts;
export async function initialize(compiler) {
  ts = (await import(compiler)).default;
}
export async function load(url, context, next) {
  if (!/^file:.*\\.[cm]?ts$/.test(url)) return next(url, context);
  const fileName = fileURLToPath(url);
  const { outputText, diagnostics } = ts.transpileModule(await readFile(fileName, 'utf8'), {
    fileName,
    reportDiagnostics: true,
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, inlineSourceMap: true },
  });
  if (diagnostics.length > 0) {
    const [{ file, start, messageText }] = diagnostics;
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    const what = ts.flattenDiagnosticMessageText(messageText, ' ');
    throw new SyntaxError('line ' + (line + 1) + ', column ' + (character + 1) + ': ' + what);
  }
  return { format: 'module', source: outputText, shortCircuit: true };
}`;

let hooked = false;

/** A file of code, as it lies on disk and as messages name it. */
interface CodeFile {
  readonly path: string;
  readonly name: string;
  /** The code of errors about it. */
  readonly code: AssayErrorCode;
}

/**
 * Runs a module of the user's project, in TypeScript too, and gives its exports. Only for files whose code the user
 * allowed.
 *
 * TypeScript is read by Node itself from 22.18 on, and by the `typescript` package that the file's folder resolves
 * before that.
 */
export async function importModule(file: CodeFile): Promise<Readonly<Record<string, unknown>>> {
  if (/\.[cm]?ts$/.test(file.path) && !nodeReadsTypeScript()) hookTypeScript(file);
  try {
    const exports: unknown = await import(pathToFileURL(file.path).href);
    return exports as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new AssayError(file.code, {
      where: file.name,
      what: `the module failed: ${messageOf(cause).replace(/\.$/, '')}`,
      cause,
    });
  }
}

function nodeReadsTypeScript(): boolean {
  return 'typescript' in process.features && Boolean(process.features.typescript);
}

function hookTypeScript(file: CodeFile): void {
  const compiler = compilerFor(file);
  if (hooked) return;
  register(`data:text/javascript,${encodeURIComponent(HOOKS)}`, {
    parentURL: pathToFileURL(file.path),
    data: compiler,
  });
  hooked = true;
}

function compilerFor(file: CodeFile): string {
  try {
    return pathToFileURL(createRequire(file.path).resolve('typescript')).href;
  } catch (cause) {
    throw new AssayError(file.code, {
      where: file.name,
      what: `Node ${process.versions.node} does not read TypeScript by itself`,
      mend: 'Use Node 22.18 or newer, or install the package `typescript` in this project.',
      cause,
    });
  }
}
