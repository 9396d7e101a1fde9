import { float, type AttributeInput, type GraphBuilder } from '../../graph/builder.js';
import type { Constant, ElementType, Node } from '../../graph/ir.js';
import { fixed, type Shape } from '../../graph/shape.js';
import type { Trace } from '../../graph/trace.js';

/**
 * Adds the parts of a layer and gives the value that takes the place of each output, null for an output that no part gives. Adds
 * nothing and gives null where the form of the layer is not covered.
 */
export type Decomposition = (layer: Layer) => readonly (string | null)[] | null;

/** Decompositions by operator. */
export type DecompositionTable = Readonly<Record<string, Decomposition>>;

/** A node that is a whole layer, and the graph that its parts are added to. */
export class Layer {
  constructor(
    readonly node: Node,
    readonly builder: GraphBuilder,
    private readonly trace: Trace,
    private readonly shared: Map<string, string>,
  ) {}

  /** Null where it is left out. */
  input(index: number): string | null {
    const name = this.node.inputs[index];
    return name === undefined || name === '' ? null : name;
  }

  /** Whether any input from `index` on is given. */
  hasInputFrom(index: number): boolean {
    return this.node.inputs.slice(index).some((name) => name !== '');
  }

  /** Null where the input is left out. */
  shape(index: number): Shape | null {
    return this.trace.get(this.input(index) ?? '')?.shape ?? null;
  }

  /** The size of an axis, which may be counted from the end; null where it depends on the batch. */
  size(index: number, axis: number): number | null {
    return fixed(this.shape(index)?.at(axis));
  }

  type(index: number): ElementType | null {
    return this.trace.get(this.input(index) ?? '')?.type ?? null;
  }

  /** An input in another type. */
  inType(index: number, type: ElementType): string {
    const name = this.input(index) ?? '';
    return this.type(index) === type ? name : this.builder.cast(name, type);
  }

  constant(index: number): Constant | undefined {
    return this.builder.constantOf(this.input(index) ?? '');
  }

  /** What several layers of a graph need, such as their mask, is computed for the first of them. */
  once(key: string, make: () => string): string {
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.shared.set(key, made);
    return made;
  }

  /** alpha a b^T over the last two axes, in one product of ONNX Runtime. */
  timesTransposed(a: string, b: string, alpha: number): string {
    const attributes: Record<string, AttributeInput> = { transB: 1, alpha: float(alpha) };
    const [product = ''] = this.builder.nodes('FusedMatMul', [a, b], 1, attributes, 'com.microsoft');
    return product;
  }
}
