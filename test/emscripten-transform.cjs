const { createHash } = require('node:crypto');
const { transformSync, version } = require('esbuild');

const options = { format: 'cjs', target: 'es2022', loader: 'js', logLevel: 'silent' };

/** Emscripten's loaders assign to `import.meta.url`, which only esbuild turns into something that CommonJS can run. */
module.exports = {
  process: (source) => ({ code: transformSync(source, options).code }),
  getCacheKey: (source, path) => createHash('sha256').update(version).update(path).update(source).digest('hex'),
};
