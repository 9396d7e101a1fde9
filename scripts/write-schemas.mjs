// Writes the published JSON Schemas from the compiled sources; a step of the build.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { schemaFiles } = await import('../dist/src/config/json-schemas.js');
const { builtinPlugins } = await import('../dist/src/builtin.js');

mkdirSync(join(root, 'schema'), { recursive: true });
for (const [name, text] of schemaFiles(new Map(builtinPlugins.map((plugin) => [plugin.id, plugin])))) {
  writeFileSync(join(root, 'schema', name), text);
}
