import { loadConfig } from '#config/load';
import { packageFile } from '#base/package-root';

test.each(['undefended', 'robust'])('the demo of %s shows its pictures: its census is public', async (name) => {
  const file = packageFile(`fixtures/demo/${name}.config.json`);
  const { config } = await loadConfig(file, { cwd: process.cwd(), allowCode: false });
  // Without the word of the config, the roles of its table would hide them.
  expect(Object.values(config.data.table?.roles ?? {})).toContain('sensitive');
  expect(config.samples).toBe('show');
});
