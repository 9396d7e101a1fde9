/** A cooperative game (Shapley 1953): what each coalition of players is worth. */
export interface CoalitionGame {
  readonly players: number;
  /**
   * The worth of some coalitions, in double precision.
   *
   * @param members [count, players]: 1 where a player takes part
   */
  worths(members: Uint8Array, count: number): Promise<Float64Array>;
}
