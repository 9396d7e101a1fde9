import { builtinPlugins } from '#builtin';
import { optionRows, pluginPage } from '#plugin/page';

test.each(builtinPlugins.map((plugin) => [plugin.id, plugin] as const))(
  'the page of %s has all that it declares',
  (_, plugin) => {
    const page = pluginPage(plugin);
    const names = [...optionRows(plugin.options), ...optionRows(plugin.policy)].map(({ name }) => `| \`${name}\` |`);
    const clauses = Object.values(plugin.frameworks).flat();
    for (const part of [plugin.id, plugin.description, plugin.advice, ...names, ...clauses, ...plugin.sources]) {
      expect(page).toContain(part);
    }
  },
);
