// Writes docs/plugins: a page for each built-in plugin, from nothing but its own metadata. A step of the build.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { pluginPage } = await import('../dist/src/plugin/page.js');
const { builtinPlugins } = await import('../dist/src/builtin.js');

const folder = join(root, 'docs/plugins');
rmSync(folder, { recursive: true, force: true });
for (const plugin of builtinPlugins) {
  const file = join(folder, `${plugin.id}.md`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, pluginPage(plugin));
}
