/** A kind of text that names one person, with the checks that no other text passes by chance. */
interface Validator {
  readonly what: string;
  readonly holds: (value: string) => boolean;
}

const VALIDATORS: readonly Validator[] = [
  { what: 'e-mail addresses', holds: (value) => /^[^\s@]{1,64}@[^\s@.]{1,63}(\.[^\s@.]{1,63})+$/.test(value) },
  { what: 'UUIDs', holds: (value) => /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(value) },
  { what: 'IBANs', holds: isIban },
  { what: 'phone numbers', holds: isPhone },
];

/** Of values beyond so many the first are looked at. */
const LOOKED_AT = 1000;
const MOST = 0.9;

/** What nine of ten values are, if they are something that names a person. */
export function kindOfKey(distinct: readonly string[]): { readonly what: string; readonly share: number } | null {
  const some = distinct.slice(0, LOOKED_AT);
  for (const { what, holds } of VALIDATORS) {
    const share = some.filter((value) => holds(value.trim())).length / some.length;
    if (share >= MOST) return { what, share };
  }
  return null;
}

/** ISO 13616: two letters, two check digits, up to 30 signs; the whole is 1 modulo 97. */
function isIban(value: string): boolean {
  const text = value.replaceAll(' ', '').toUpperCase();
  if (!/^[A-Z]{2}\d{2}[A-Z\d]{11,30}$/.test(text)) return false;
  let rest = 0;
  for (const sign of text.slice(4) + text.slice(0, 4)) {
    const number = Number.parseInt(sign, 36);
    rest = (rest * (number > 9 ? 100 : 10) + number) % 97;
  }
  return rest === 1;
}

/** With a prefix or marks between its digits: digits alone are any number, and dates have their own. */
function isPhone(value: string): boolean {
  const digits = value.replace(/\D/g, '').length;
  if (digits < 7 || digits > 15 || !/^(\+|00|0|\()?[\d\s()./-]+$/.test(value)) return false;
  return /^(\+|0|\()/.test(value) || /^\d{3}[-. ]\d{3}[-. ]\d{4}$/.test(value);
}
