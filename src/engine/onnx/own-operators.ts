/**
 * Operators that stand in a graph while it is rewritten and differentiated; `lowered` puts those of the runtime in their place
 * before it is executed.
 */
export const OWN_DOMAIN = 'assay';

/**
 * x -> mean and variance of each channel over the batch and its positions, [channels] both. The variance is that of the elements
 * themselves: divided by their count. Attributes: `rank` of x, its `channels`, its `sizes` behind them, and
 * `blocked` where x lies in that layout.
 */
export const CHANNEL_STATISTICS = 'ChannelStatistics';

/**
 * Weights of a convolution in plain order -> in the order of the blocked kernels. Attributes: their `shape` and the `block`.
 */
export const BLOCKED_WEIGHTS = 'BlockedWeights';

/** (x, g(x)) -> g(x), with the gradient of x: the end of a preprocessor that has none of its own. */
export const STRAIGHT_THROUGH = 'StraightThrough';
