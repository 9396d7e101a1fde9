import type { AnonymizationCertificate } from '#report/anonymization';
import { wordsOf } from './language/languages.js';
import { renderedAnonymization } from './templates.js';
import { anonymizationView } from './view/anonymization.js';

/** The page of a protected table: one file without scripts, for a screen, a phone or paper. */
export function anonymizationPage(certificate: AnonymizationCertificate): string {
  return renderedAnonymization(anonymizationView(certificate), wordsOf('en'));
}
