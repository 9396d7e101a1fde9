import type { Language } from '#report/report';
import { de } from './de.js';
import { en, type PageWords } from './en.js';
import { zhCN } from './zh-CN.js';

const LANGUAGES: Readonly<Record<Language, PageWords>> = { en, de, 'zh-CN': zhCN };

export function wordsOf(language: Language): PageWords {
  return LANGUAGES[language];
}
