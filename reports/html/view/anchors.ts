import type { Finding } from '#report/report';

/** `finding-evasion-pgd-3f2a91c0`: the same in every report of the same cell, so that links between people keep. */
export function anchorsOf(findings: readonly Finding[]): Map<string, string> {
  const copies = new Map<string, number>();
  const anchors = new Map<string, string>();
  for (const { cell, audit } of findings) {
    const stem = ['finding', slug(audit).slice(0, 60), slug(cell).slice(0, 8)].filter((part) => part !== '').join('-');
    const copy = (copies.get(stem) ?? 0) + 1;
    copies.set(stem, copy);
    // No slug holds two hyphens in a row, so that a numbered copy is nobody else's stem.
    anchors.set(cell, copy === 1 ? stem : `${stem}--${copy}`);
  }
  return anchors;
}

function slug(text: string): string {
  return text
    .slice(0, 200)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
