import type { Finding } from '#report/report';

/** `finding-evasion-pgd-3f2a91c0`: the same in every report of the same cell, so that links between people keep. */
export function anchorsOf(findings: readonly Finding[]): Map<string, string> {
  const taken = new Set<string>();
  const anchors = new Map<string, string>();
  for (const { cell, audit } of findings) {
    const stem = ['finding', slug(audit).slice(0, 60), slug(cell).slice(0, 8)].filter((part) => part !== '').join('-');
    let anchor = stem;
    for (let copy = 2; taken.has(anchor); copy++) anchor = `${stem}-${copy}`;
    taken.add(anchor);
    anchors.set(cell, anchor);
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
