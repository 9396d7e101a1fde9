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

/** A picture in the blocked layout -> its even and its odd columns. Attributes: its `sizes`, [channels, height, width], and the `block`. */
export const COLUMNS_APART = 'ColumnsApart';

/** Even and odd columns -> the picture that they are of. Attributes: as above. */
export const COLUMNS_TOGETHER = 'ColumnsTogether';

/**
 * (x, g(x)) -> g(x), with the gradient of x: the end of a preprocessor that has none of its own, and a value of a model with the
 * gradient of another one that stands beside it.
 */
export const STRAIGHT_THROUGH = 'StraightThrough';

/** max(x, 0), whose way back takes what is positive, where x was (Springenberg et al. 2015, arXiv:1412.6806, figure 1). */
export const GUIDED_RELU = 'GuidedRelu';

/** max(x, 0), whose way back takes what is positive, whatever x was (Zeiler & Fergus 2014, arXiv:1311.2901, section 2.1). */
export const DECONVOLUTION_RELU = 'DeconvolutionRelu';
