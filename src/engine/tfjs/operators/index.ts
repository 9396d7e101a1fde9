import type { Operator } from '../operator.js';
import { activationOperators } from './activations.js';
import { arithmeticOperators } from './arithmetic.js';
import { controlFlowOperators } from './control-flow.js';
import { convolutionOperators } from './convolution.js';
import { generatorOperators } from './generators.js';
import { indexingOperators } from './indexing.js';
import { logicOperators } from './logic.js';
import { einsumOperators } from './einsum.js';
import { matrixOperators } from './matrix.js';
import { normalizationOperators } from './normalization.js';
import { otherReluOperators } from './other-relus.js';
import { poolingOperators } from './pooling.js';
import { quantizationOperators } from './quantization.js';
import { recurrentOperators } from './recurrent.js';
import { reductionOperators } from './reduction.js';
import { resizeOperators } from './resize.js';
import { samplingOperators } from './sampling.js';
import { selectionOperators } from './selection.js';
import { shapeOperators } from './shape.js';
import { straightThroughOperators } from './straight-through.js';

/** All operators of the engine, by name. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  [
    activationOperators,
    arithmeticOperators,
    controlFlowOperators,
    convolutionOperators,
    generatorOperators,
    indexingOperators,
    logicOperators,
    matrixOperators,
    einsumOperators,
    normalizationOperators,
    otherReluOperators,
    poolingOperators,
    quantizationOperators,
    recurrentOperators,
    reductionOperators,
    resizeOperators,
    samplingOperators,
    selectionOperators,
    shapeOperators,
    straightThroughOperators,
  ].flatMap((table) => Object.entries(table)),
);
