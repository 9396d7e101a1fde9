import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NpmPackage, TensorFlowRelease } from '../src/engine/tfjs/native/release.js';
import { writeWheel } from './wheels.js';

/**
 * A release of a few kilobytes that goes the whole way: a wheel with libraries and a header, archives of npm beside it,
 * and a binding that is compiled against them. Its kernels are those of TensorFlow.js in JavaScript.
 */
export interface SmallTensorFlow extends TensorFlowRelease {
  /** Has the wheel and the archives. */
  readonly index: string;
  /** What a user's environment says to pip and npm: nothing but the cache. */
  readonly env: Readonly<Record<string, string>>;
}

/** The version that the small library tells of itself. */
export const SMALL_VERSION = '9.8.7';
export const SMALL_BINDING = '@tensorflow/tfjs-node';

/** No package of this version is installed anywhere. */
const PACKAGE_VERSION = '4.0.0-small';

/** What the binding takes of `node_api.h`, whose names and shapes are stable for all versions of Node. */
const NODE_API = `
extern "C" {
typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
int napi_create_string_utf8(napi_env, const char *, unsigned long, napi_value *);
int napi_get_boolean(napi_env, bool, napi_value *);
int napi_create_function(napi_env, const char *, unsigned long, napi_callback, void *, napi_value *);
int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
}
`;

const BINDING = `
#include <node_api.h>
#include "tensorflow/c/c_api.h"
static napi_value OnGpu(napi_env env, napi_callback_info) {
  napi_value answer;
  napi_get_boolean(env, false, &answer);
  return answer;
}
extern "C" __attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_value version, on_gpu;
  napi_create_string_utf8(env, TF_Version(), ~0ul, &version);
  napi_set_named_property(env, exports, "TF_Version", version);
  napi_create_function(env, "isUsingGpuDevice", ~0ul, OnGpu, nullptr, &on_gpu);
  napi_set_named_property(env, exports, "isUsingGpuDevice", on_gpu);
  return exports;
}
`;

/** Asks for what the real package asks for, and calls what it calls while it is loaded. */
const INDEX = `
const tf = require('@tensorflow/tfjs');
const { isNullOrUndefined, isArray } = require('util');
require('google-protobuf');
require('progress');
const path = require('@mapbox/node-pre-gyp').find(require('path').resolve(__dirname, '../package.json'));
const { TF_Version } = require(path);
if (!isNullOrUndefined(null) || !isArray([])) throw new Error('util is not as it was');
if (require('@tensorflow/tfjs-core').engine() !== tf.engine()) throw new Error('there are two engines');
for (const { kernelName, kernelFunc } of tf.getKernelsForBackend('cpu')) {
  tf.registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc });
}
tf.registerBackend('tensorflow', () => new (tf.findBackend('cpu').constructor)(), 3);
if (!tf.setBackend('tensorflow')) throw new Error('no backend');
exports.node = { loadSavedModel: async () => TF_Version };
`;

export interface SmallParts {
  /** Sources of the binding and of the package's JavaScript that take the place of those that work. */
  readonly binding?: string;
  readonly index?: string;
  /** Names of files that the wheel lacks. */
  readonly without?: readonly string[];
}

export function smallTensorFlow(folder: string, { binding, index, without = [] }: SmallParts = {}): SmallTensorFlow {
  const place = join(folder, 'index');
  mkdirSync(place, { recursive: true });
  const requirements = join(folder, 'requirements.txt');
  const files = Object.entries(wheelFiles(folder)).filter(([name]) => !without.some((end) => name.endsWith(end)));
  const wheel = { name: 'tensorflow-cpu', version: '2.21.0', tag: 'cp312-cp312-manylinux_2_27_x86_64' };
  writeFileSync(requirements, writeWheel(place, { ...wheel, files: Object.fromEntries(files) }));
  return {
    version: '2.21.0',
    platform: 'linux-x64',
    gpu: false,
    requirements,
    packages: [
      archive(place, SMALL_BINDING, {
        'dist/index.js': index ?? INDEX,
        'binding/tfjs_binding.cc': binding ?? BINDING,
        'scripts/install.js': 'process.exit(1);',
      }),
      archive(place, 'google-protobuf', {}),
      archive(place, 'progress', {}),
      archive(place, 'node-api-headers', { 'include/node_api.h': NODE_API }),
    ],
    space: 1e6,
    index: place,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      XDG_CACHE_HOME: join(folder, 'cache'),
      PIP_CONFIG_FILE: '/dev/null',
      PIP_NO_INDEX: '1',
      npm_config_cache: join(folder, 'npm-cache'),
      npm_config_userconfig: '/dev/null',
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_fetch_retries: '0',
    },
  };
}

function wheelFiles(folder: string): Record<string, string | Uint8Array> {
  return {
    'tensorflow/include/tensorflow/c/c_api.h': 'extern "C" const char *TF_Version(void);\n',
    'tensorflow/include/LICENSE': 'Apache 2.0',
    'tensorflow/THIRD_PARTY_NOTICES.txt': 'Others',
    'tensorflow/__init__.py': 'raise SystemExit',
    'tensorflow/libtensorflow_cc.so.2': library(folder, 'libtensorflow_cc.so.2', `"${SMALL_VERSION}"`),
    'tensorflow/libtensorflow_framework.so.2': library(folder, 'libtensorflow_framework.so.2', '0'),
  };
}

/** Compiled once a test file. */
const compiled = new Map<string, Uint8Array>();

function library(folder: string, name: string, value: string): Uint8Array {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const source = join(folder, 'library.c');
  const symbol = name.includes('_cc') ? 'TF_Version' : 'TF_Framework';
  writeFileSync(source, `const char *${symbol}(void) { return ${value}; }\n`);
  const output = join(folder, name);
  const { status } = spawnSync('c++', ['-x', 'c', '-shared', '-fPIC', `-Wl,-soname,${name}`, source, '-o', output]);
  if (status !== 0) throw new Error('the small library does not compile');
  const bytes = readFileSync(output);
  compiled.set(name, bytes);
  return bytes;
}

/** Writes an archive as npm publishes them. */
function archive(place: string, name: string, files: Readonly<Record<string, string>>): NpmPackage {
  const manifest = JSON.stringify({ name, version: PACKAGE_VERSION, scripts: { install: 'node scripts/install.js' } });
  const main = name === SMALL_BINDING ? 'dist/index.js' : 'index.js';
  const content = {
    'index.js': '',
    ...files,
    'package.json': JSON.stringify({ ...(JSON.parse(manifest) as object), main }),
  };
  const source = join(place, '..', 'sources', name);
  for (const [path, text] of Object.entries(content)) {
    mkdirSync(dirname(join(source, 'package', path)), { recursive: true });
    writeFileSync(join(source, 'package', path), text);
  }
  const output = join(place, archiveName(name));
  spawnSync('tar', ['-czf', output, '-C', source, 'package']);
  const integrity = `sha512-${createHash('sha512').update(readFileSync(output)).digest('base64')}`;
  return { name, version: PACKAGE_VERSION, integrity };
}

export function archiveName(name: string): string {
  return `${name.replace('@', '').replace('/', '-')}-${PACKAGE_VERSION}.tgz`;
}

/** The tests that need a compiler and pip: skipped with a printed reason where one is missing, which in CI is a failure. */
export function whenBuildable(): jest.Describe['skip'] {
  const missing = [
    ['c++', '--version'],
    ['python3', '-m', 'pip', '--version'],
  ].find(([command = '', ...args]) => spawnSync(command, args).status !== 0);
  const fits = process.platform === 'linux' && process.arch === 'x64';
  if (missing === undefined && fits) return describe;
  const reason = fits ? `\`${missing?.join(' ') ?? ''}\` does not run` : 'TensorFlow can be set up on linux-x64 only';
  if (process.env['CI']) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return describe.skip;
}
