import type { RuleTable } from '../../rule.js';
import { centerCropPad } from './center-crop-pad.js';
import { col2im } from './col2im.js';
import { concat } from './concat.js';
import { depthToSpace, spaceToDepth } from './depth-to-space.js';
import { expand } from './expand.js';
import { pad } from './pad.js';
import { reshape } from './reshape.js';
import { resize } from './resize.js';
import { shapeOnly } from './shape-only.js';
import { split } from './split.js';
import { tile } from './tile.js';
import { transpose } from './transpose.js';
import { trilu } from './trilu.js';

/** Operators that move values, or mix them by fixed weights. */
export const shapeRules: RuleTable = {
  CenterCropPad: centerCropPad,
  Col2Im: col2im,
  Concat: concat,
  DepthToSpace: depthToSpace,
  Expand: expand,
  EyeLike: shapeOnly,
  Flatten: reshape,
  Pad: pad,
  RandomNormalLike: shapeOnly,
  RandomUniformLike: shapeOnly,
  Reshape: reshape,
  Resize: resize,
  SpaceToDepth: spaceToDepth,
  Split: split,
  Squeeze: reshape,
  Tile: tile,
  Transpose: transpose,
  Trilu: trilu,
  Unsqueeze: reshape,
};
