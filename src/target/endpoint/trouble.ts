/** Why a question got no answer that could be used. */
export class RequestTrouble extends Error {
  override readonly name = 'RequestTrouble';

  /**
   * @param what a clause for a sentence, without secrets
   * @param isTransient whether the same question may be answered later
   * @param waitMilliseconds what the endpoint asks to wait at least
   */
  constructor(
    readonly what: string,
    readonly isTransient: boolean,
    readonly waitMilliseconds = 0,
    readonly mend: string | null = null,
  ) {
    super(what);
  }
}
