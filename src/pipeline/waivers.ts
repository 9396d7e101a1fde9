import type { Finding, FindingStatus, Waiver } from '#report/report';

/** What the policy says about letting an audit pass whatever its verdict is. */
export type WaiverState =
  | { readonly kind: 'none' }
  | { readonly kind: 'in-force'; readonly waiver: Waiver }
  | { readonly kind: 'void'; readonly because: string };

export interface WaiverRules {
  readonly waivers: readonly Waiver[];
  /** YYYY-MM-DD, by which waivers expire. */
  readonly today: string;
}

/** What a finding says of its waiver; a pass needs none, and one that does not count is a reason. */
export function waiverFields(
  audit: string,
  status: FindingStatus,
  reasons: readonly string[],
  { waivers, today }: WaiverRules,
): Pick<Finding, 'reasons' | 'waiver'> {
  const waiver: WaiverState = status === 'pass' ? { kind: 'none' } : waiverOf(audit, waivers, today);
  return {
    reasons: [...reasons, ...(waiver.kind === 'void' ? [waiver.because] : [])],
    waiver: waiver.kind === 'in-force' ? { ...waiver.waiver } : null,
  };
}

/**
 * The waiver of an audit on a day (YYYY-MM-DD). One without a reason, an owner or a real date of expiry does not count:
 * the config room refuses such a policy, and this is the second lock on the same door.
 */
export function waiverOf(audit: string, waivers: readonly Waiver[], today: string): WaiverState {
  const states = waivers.filter((waiver) => waiver.audit === audit).map((waiver) => stateOf(waiver, today));
  return states.find(({ kind }) => kind === 'in-force') ?? states[0] ?? { kind: 'none' };
}

function stateOf(waiver: Waiver, today: string): WaiverState {
  if (waiver.reason.trim() === '' || waiver.owner.trim() === '') {
    return { kind: 'void', because: 'A waiver without a reason and an owner does not count.' };
  }
  if (!isDate(waiver.expires) || !isDate(today)) {
    return { kind: 'void', because: `The waiver of ${waiver.owner} does not count: it has no date of expiry.` };
  }
  if (today > waiver.expires) {
    return {
      kind: 'void',
      because: `The waiver of ${waiver.owner} expired on ${waiver.expires} and does not count any more.`,
    };
  }
  return { kind: 'in-force', waiver };
}

/** A day of the calendar, written so that the order of texts is the order of days. */
function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
