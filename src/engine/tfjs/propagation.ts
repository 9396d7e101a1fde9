import { AssayError } from '#base/errors';
import type { EngineRelevance, Layer, Propagation } from '../contract.js';
import type { NamedTensors } from '../onnx/inputs.js';
import { isReal, normalize } from '../onnx/model.js';
import {
  BASELINES,
  givenBeside,
  inputsBeside,
  propagationGraph,
  startsNormalized,
  unitsOf,
  type PropagationForm,
} from '../onnx/propagation/index.js';
import { beforeActivation } from '../onnx/scale.js';
import type { Leaf } from './gradient.js';
import { gradientsOf } from './gradients.js';
import { Interpreter } from './interpreter.js';
import type { Preparation } from './preparation.js';

/** A model with a graph of its own for one propagation. */
export class PreparedPropagation {
  private constructor(
    private readonly preparation: Preparation,
    private readonly leaf: Leaf,
  ) {}

  /**
   * @param leaf where gradients of the model are taken
   * @throws AssayError `operator` naming the first node on the way that has no rule
   */
  static of(
    preparation: Preparation,
    form: PropagationForm,
    leaf: Leaf,
    layers: readonly Layer[],
  ): PreparedPropagation {
    const { file, spec, interpreter, head } = preparation;
    const input = file.input.name;
    const at = leaf.kind === 'input' ? input : leaf.name;
    const isSignal = !startsNormalized(form);
    const scores = isSignal ? file.output : scoresOf(preparation);
    const graph = { ...interpreter.graph, outputs: [{ name: scores, type: 'other', shape: null } as const] };
    const own = propagationGraph(graph, { input, at, scores, layers, units: unitsOf(file, spec) }, form);
    const { type, shape } = file.input;
    const inputs = [...own.graph.inputs, ...inputsBeside(form, type, shape)];
    const prepared = {
      ...preparation,
      interpreter: new Interpreter({ ...own.graph, inputs }, interpreter.prepareBody),
    };
    if (isSignal) return new PreparedPropagation(prepared, leaf);
    const scale = head.scale === 'probabilities' ? 'logits' : head.scale;
    return new PreparedPropagation(
      { ...prepared, file: { ...file, output: own.scores }, head: { ...head, scale } },
      { kind: 'value', name: own.at },
    );
  }

  run(inputs: NamedTensors, labels: Float64Array, propagation: Propagation): EngineRelevance {
    const { file, spec } = this.preparation;
    const given = new Map([...inputs, ...givenBeside(propagation, inputs.get(file.input.name))]);
    const baselines = given.get(BASELINES);
    if (baselines !== undefined && isReal(file.input)) given.set(BASELINES, normalize(baselines, spec.normalization));
    const { scores, gradient } = gradientsOf(this.preparation, given, this.leaf, { kind: 'score', labels });
    return { scores, relevance: gradient };
  }

  dispose(): Promise<void> {
    this.preparation.interpreter.dispose();
    return Promise.resolve();
  }
}

/** Logits, in front of the last activation where the model gives probabilities. */
function scoresOf({ file, interpreter, head }: Preparation): string {
  if (head.scale !== 'probabilities') return file.output;
  const logits = beforeActivation(interpreter.graph, file.output);
  if (logits !== null) return logits;
  throw new AssayError('operator', {
    where: file.name,
    what: `the probabilities of \`${file.output}\` come from no softmax or sigmoid that could be left out`,
  });
}
