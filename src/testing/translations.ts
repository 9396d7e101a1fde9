import type { Plugin, PluginTexts } from '#plugin/plugin';
import { LANGUAGES } from '#report/report';

const TEXTS = ['title', 'failureTitle', 'description', 'advice', 'threat'] as const;

type TextName = (typeof TEXTS)[number];

/** What is missing or wrong in the texts that a plugin brings in other languages, one sentence each. */
export function translationFaults(plugin: Plugin): string[] {
  const known: readonly string[] = LANGUAGES.filter((language) => language !== 'en');
  return Object.entries(plugin.texts ?? {}).flatMap(([language, texts]) => {
    if (!known.includes(language)) return [`\`texts\` has \`${language}\`; known are ${known.join(' and ')}.`];
    return [
      ...TEXTS.flatMap((name) => textFaults(name, plugin, texts)),
      ...(texts.title === texts.failureTitle ? ['title and failureTitle are the same.'] : []),
    ].map((fault) => `${language}: ${fault}`);
  });
}

function textFaults(name: TextName, english: PluginTexts, translated: PluginTexts): string[] {
  const original = english[name];
  // Others' plugins are not compiled against the type.
  const text = translated[name] as string | null | undefined;
  if (original === null) return text === null ? [] : [`${name} is null in English.`];
  if (typeof text !== 'string' || text.trim() === '') return [`${name} is missing.`];
  return [
    ...(text === original ? [`${name} is the English one.`] : []),
    ...(codeOf(text).join() === codeOf(original).join() ? [] : [`${name} has other code than the English one.`]),
    ...(name !== 'advice' || linesOf(text) === linesOf(original)
      ? []
      : ['advice has other lines than the English one.']),
  ];
}

/** What stands between backticks; the order of words is the language's own. */
function codeOf(text: string): string[] {
  return (text.match(/`[^`]*`?/g) ?? []).sort();
}

function linesOf(text: string): number {
  return text.split('\n').length;
}
