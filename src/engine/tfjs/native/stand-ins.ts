import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BINDING, MODULES } from './places.js';

/** Where the stand-ins of TensorFlow.js find what they stand for, while the binding's package is loaded. */
export const UNION = 'assay.tfjs';

const GIVEN = `module.exports = globalThis[Symbol.for('${UNION}')];\n`;

/**
 * Modules, by name, in the place of what the binding's package asks for: of TensorFlow.js there may be only one in a
 * process, the one that Assay uses; and `node-pre-gyp`, with all that it needs, only says where the binding is.
 */
export const STAND_INS: Readonly<Record<string, string>> = {
  '@tensorflow/tfjs': GIVEN,
  '@tensorflow/tfjs-core': GIVEN,
  '@mapbox/node-pre-gyp': [
    `const { dirname, join } = require('node:path');`,
    `exports.find = (manifest) => join(dirname(manifest), '${BINDING}');\n`,
  ].join('\n'),
};

export function writeStandIns(folder: string): void {
  for (const [name, source] of Object.entries(STAND_INS)) {
    const place = join(folder, MODULES, name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'package.json'), `${JSON.stringify({ name, version: '0.0.0', main: 'index.js' })}\n`);
    writeFileSync(join(place, 'index.js'), source);
  }
}
