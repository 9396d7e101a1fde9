import { stringOf } from '../../graph/attributes.js';
import { GraphBuilder, type AttributeInput } from '../../graph/builder.js';
import type { Graph, Node } from '../../graph/ir.js';
import { Uses } from '../uses.js';

/** Replaces a node; false where its use has no real form here, and it stays. */
export type Rewriter = (node: Node, form: RealForm) => boolean;

/** Integers and what they stand for: (values - zeroPoint) scale. A zero point that is '' is 0. */
export interface Quantized {
  readonly values: string;
  readonly scale: string;
  readonly zeroPoint: string;
  /** That of the scales, where there are several. */
  readonly axis?: number;
}

/** They move integers without computing, so they may as well move what the integers stand for. */
const MOVING: ReadonlySet<string> = new Set(
  (
    'Concat DepthToSpace Expand Flatten Gather GatherElements Identity MaxPool Pad Reshape Resize Slice SpaceToDepth ' +
    'Split Squeeze Tile Transpose Unsqueeze'
  ).split(' '),
);

/** A graph that is written anew with real operators in the place of those on integers. */
export class RealForm {
  readonly builder: GraphBuilder;
  readonly uses: Uses;
  readonly #real = new Map<string, string>();

  constructor(graph: Graph) {
    this.builder = new GraphBuilder(graph, []);
    this.uses = new Uses(graph);
  }

  /** The node of the standard domain that gives a value, if it is one of these. */
  producer(value: string | undefined, ...ops: readonly string[]): Node | undefined {
    const node = this.uses.producer(value ?? '');
    return node?.domain === '' && ops.includes(node.op) ? node : undefined;
  }

  /** What integers stand for. Where they were moved, it is what they stood for that is moved instead. */
  real(quantized: Quantized): string {
    const { values, scale, zeroPoint, axis } = quantized;
    const key = (of: string): string => [of, scale, zeroPoint, axis ?? ''].join('\n');
    const known = this.#real.get(key(values));
    if (known !== undefined) return known;
    const producer = this.uses.producer(values);
    if (producer !== undefined && this.#isOne(scale) && isMoving(producer)) {
      this.#moved(producer, quantized).forEach((name, i) => this.#real.set(key(producer.outputs[i] ?? ''), name));
    } else {
      this.#real.set(key(values), this.#dequantized(quantized));
    }
    return this.#real.get(key(values)) ?? '';
  }

  /** Integers as they were before they were moved, along the first inputs. */
  source(values: string): string {
    const producer = this.uses.producer(values);
    return producer !== undefined && isMoving(producer) ? this.source(producer.inputs[0] ?? '') : values;
  }

  /** Adds a node under the name of the one that it replaces. */
  replace(node: Node, op: string, inputs: readonly string[], attributes: Node['attributes'] = new Map()): true {
    this.builder.append({ ...node, op, domain: '', inputs, attributes, outputs: node.outputs.slice(0, 1) });
    return true;
  }

  #dequantized({ values, scale, zeroPoint, axis }: Quantized): string {
    const inputs = zeroPoint === '' ? [values, scale] : [values, scale, zeroPoint];
    return this.builder.node('DequantizeLinear', inputs, axis === undefined || this.#isOne(scale) ? {} : { axis });
  }

  #moved(node: Node, { scale, zeroPoint }: Quantized): string[] {
    const inputs = node.inputs.map((values, i) =>
      values !== '' && holdsData(node, i) ? this.real({ values, scale, zeroPoint }) : values,
    );
    const attributes: Record<string, AttributeInput> = Object.fromEntries(node.attributes);
    return this.builder.nodes(node.op, inputs, node.outputs.length, attributes);
  }

  /** Scales that are computed are those of a whole value. */
  #isOne(scale: string): boolean {
    return this.builder.constantOf(scale)?.shape.every((size) => size === 1) ?? true;
  }
}

function isMoving(node: Node): boolean {
  if (node.domain !== '' || !MOVING.has(node.op)) return false;
  // Padding that is not given is the integer 0, whatever that stands for.
  if (node.op === 'Pad') return stringOf(node, 'mode', 'constant') !== 'constant' || (node.inputs[2] ?? '') !== '';
  return node.op !== 'Resize' || stringOf(node, 'mode', 'nearest') === 'nearest';
}

function holdsData({ op }: Node, input: number): boolean {
  return input === 0 || op === 'Concat' || (op === 'Pad' && input === 2);
}
