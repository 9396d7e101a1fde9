/** As small as the largest of them lets them be. */
export type Codes = Uint8Array | Uint16Array | Int32Array;

/** Zeros, as small as codes below `size` let them be. */
export function codesBelow(size: number, records: number): Codes {
  if (size <= 0x100) return new Uint8Array(records);
  return size <= 0x10000 ? new Uint16Array(records) : new Int32Array(records);
}

/** A code of each record, in one byte as long as that is enough, then in two, then in four. */
export class KeptCodes {
  codes: Codes;

  constructor(private readonly records: number) {
    this.codes = new Uint8Array(records);
  }

  set(codes: Int32Array, first: number): void {
    let most = 0;
    for (let i = 0; i < codes.length; i++) most = Math.max(most, codes[i] ?? 0);
    if (most > 0xff && this.codes instanceof Uint8Array) this.widen(new Uint16Array(this.records));
    if (most > 0xffff && !(this.codes instanceof Int32Array)) this.widen(new Int32Array(this.records));
    this.codes.set(codes, first);
  }

  private widen(wider: Codes): void {
    wider.set(this.codes);
    this.codes = wider;
  }
}
