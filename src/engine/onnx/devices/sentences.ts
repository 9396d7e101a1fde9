/** What is wrong, as a clause, and the sentences behind it, which say what to do. */
export function inTwo(sentences: string): { because: string; mend: string | null } {
  const [because = '', ...mend] = sentences.split(/(?<=\.) (?=[A-Z])/);
  return { because: because.replace(/\.$/, ''), mend: mend.length === 0 ? null : mend.join(' ') };
}
