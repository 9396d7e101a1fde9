import type { Operator } from '../node-context.js';
import { arithmeticOperators } from './arithmetic.js';
import { blockOperators } from './blocks.js';
import { convolutionOperators } from './convolution.js';
import { creationOperators } from './creation.js';
import { elementwiseOperators } from './elementwise.js';
import { graphOperators } from './graph.js';
import { imageOperators } from './image.js';
import { indexingOperators } from './indexing.js';
import { joiningOperators } from './joining.js';
import { listOperators } from './lists.js';
import { logicalOperators } from './logical.js';
import { matrixOperators } from './matrix.js';
import { normalizationOperators } from './normalization.js';
import { paddingOperators } from './padding.js';
import { poolingOperators } from './pooling.js';
import { reductionOperators } from './reduction.js';
import { shapeOperators } from './shape.js';
import { slicingOperators } from './slicing.js';

/** Every operator of TensorFlow that has a form in ONNX. Calls of functions are lowered where functions are known. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  [
    arithmeticOperators,
    blockOperators,
    convolutionOperators,
    creationOperators,
    elementwiseOperators,
    graphOperators,
    imageOperators,
    indexingOperators,
    joiningOperators,
    listOperators,
    logicalOperators,
    matrixOperators,
    normalizationOperators,
    paddingOperators,
    poolingOperators,
    reductionOperators,
    shapeOperators,
    slicingOperators,
  ].flatMap((table) => Object.entries(table)),
);
