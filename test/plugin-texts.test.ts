import { builtinPlugins } from '#builtin';
import { LANGUAGES } from '#report/report';
import { translationFaults } from '#testing/translations';

describe.each(builtinPlugins.map((plugin) => [plugin.id, plugin] as const))('the texts of %s', (_, plugin) => {
  test('are there in every language of the page', () => {
    expect(['en', ...Object.keys(plugin.texts ?? {})].sort()).toEqual([...LANGUAGES].sort());
  });

  test('say in each what the English ones say: all of them, with the same code and lines', () => {
    expect(translationFaults(plugin)).toEqual([]);
  });

  test('are written in the script of their language', () => {
    for (const text of textsIn('zh-CN')) expect(text).toMatch(/\p{Script=Han}/u);
    for (const text of textsIn('de')) expect(text).not.toMatch(/\p{Script=Han}/u);
  });

  function textsIn(language: 'zh-CN' | 'de'): string[] {
    return Object.values(plugin.texts?.[language] ?? {}).filter((text) => text !== null);
  }
});

test('no two plugins share a title in any language', () => {
  for (const language of ['zh-CN', 'de'] as const) {
    const titles = builtinPlugins.flatMap(({ texts }) => [texts?.[language]?.title, texts?.[language]?.failureTitle]);
    expect(new Set(titles).size).toBe(2 * builtinPlugins.length);
  }
});
