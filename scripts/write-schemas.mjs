// Writes the published JSON Schemas from the compiled sources; a step of the build.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { schemaFiles } = await import('../dist/src/config/json-schemas.js');
const { builtinAnonymizing, builtinExplaining, builtinPlugins } = await import('../dist/src/builtin.js');

mkdirSync(join(root, 'schema'), { recursive: true });
const plugins = new Map(builtinPlugins.map((plugin) => [plugin.id, plugin]));
const explainers = [...builtinExplaining.explainers, ...builtinExplaining.ofModel];
for (const [name, text] of schemaFiles(plugins, explainers, builtinAnonymizing.options)) {
  writeFileSync(join(root, 'schema', name), text);
}
