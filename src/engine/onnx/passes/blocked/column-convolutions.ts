import { intOf, intsOf, withAttribute } from '../../graph/attributes.js';
import { GraphBuilder } from '../../graph/builder.js';
import { float32Constant, float32Of } from '../../graph/constants.js';
import type { Constant, Graph, Node } from '../../graph/ir.js';
import { COLUMNS_APART, COLUMNS_TOGETHER, OWN_DOMAIN } from '../../own-operators.js';
import { Uses } from '../uses.js';
import { pictureOf } from './columns.js';
import { BLOCKED } from './domain.js';
import { blockedWeights, unblockedWeights } from './weights.js';

/** How the nodes that stand in the place of another are added. */
type Replacement = (builder: GraphBuilder) => void;

/**
 * Convolutions give even and odd columns by themselves, where nothing else is read of them, and take them as they are, where they step
 * over two: so no column is copied to or from its place. Each is two convolutions then, with half of the work. Measured (two layers, 16
 * channels of 28 x 28 and 32 of 14 x 14, 8 lanes, 128 pictures): the convolutions take as long, and 2.2 of 18 ms of copies are saved.
 */
export function columnConvolutions(graph: Graph): Graph {
  const uses = new Uses(graph);
  const replaced = new Map<Node, Replacement | null>();
  for (const node of graph.nodes) {
    const apart = node.op === COLUMNS_APART ? convolutionApart(node, uses) : null;
    const together = node.op === COLUMNS_TOGETHER ? convolutionTogether(node, graph, uses) : null;
    if (apart !== null) replaced.set(node, apart.replacement).set(apart.conv, null);
    if (together !== null) replaced.set(node, null).set(together.conv, together.replacement);
  }
  if (replaced.size === 0) return graph;
  const builder = new GraphBuilder(graph, []);
  for (const node of graph.nodes) {
    const replacement = replaced.get(node);
    if (replacement === undefined) builder.append(node);
    else replacement?.(builder);
  }
  return builder.build(graph.outputs);
}

interface Found {
  readonly conv: Node;
  readonly replacement: Replacement;
}

/** The same sums as before, at every second column: not a bit changes. */
function convolutionApart(apart: Node, uses: Uses): Found | null {
  const conv = uses.producer(apart.inputs[0] ?? '');
  if (apart.domain !== OWN_DOMAIN || conv?.domain !== BLOCKED || conv.op !== 'Conv') return null;
  const [down = 1, across = 1] = intsOf(conv, 'strides') ?? [];
  const [top = 0, left = 0, bottom = 0, right = 0] = intsOf(conv, 'pads') ?? [];
  // Odd columns begin one step later: in padding that there has to be, as it cannot be less than none.
  const hasRoom = left >= across && (conv.inputs[3] ?? '') === '';
  if (!hasRoom || !uses.isOnlyFor(conv.outputs[0] ?? '', apart)) return null;
  return {
    conv,
    replacement: (builder) => {
      const stepped = withInts(conv, 'strides', [down, 2 * across]);
      for (const [parity, output] of apart.outputs.entries()) {
        const own = withInts(stepped, 'pads', [top, left - parity * across, bottom, right]);
        builder.append({ ...own, name: output, outputs: [output] });
      }
    },
  };
}

/** The weights of even and of odd columns: the second convolution adds its sums to those of the first. */
function convolutionTogether(together: Node, graph: Graph, uses: Uses): Found | null {
  const [conv] = uses.readers(together.outputs[0] ?? '');
  const blocked = graph.constants.get(conv?.inputs[1] ?? '');
  if (conv?.domain !== BLOCKED || conv.op !== 'Conv' || blocked === undefined) return null;
  const [down = 1, across = 1] = intsOf(conv, 'strides') ?? [];
  const isPlain = intOf(conv, 'group', 1) === 1 && (intsOf(conv, 'dilations') ?? []).every((step) => step === 1);
  if (!isPlain || across !== 2 || (conv.inputs[2] ?? '') !== '' || (conv.inputs[3] ?? '') !== '') return null;
  const { width, block } = pictureOf(together);
  const halves = halvesOf(conv, unblockedWeights(blocked, block), width);
  const isRead = conv.inputs[0] === together.outputs[0] && uses.isOnlyFor(together.outputs[0] ?? '', conv);
  if (halves === null || !isRead) return null;
  return {
    conv,
    replacement: (builder) => {
      let sum = '';
      for (const [parity, { weight, pads }] of halves.entries()) {
        const weights = builder.constant(blockedWeights(weight, block), 'columns');
        const kernel = withInts(conv, 'kernel_shape', weight.shape.slice(2));
        const { attributes } = withInts(withInts(kernel, 'strides', [down, 1]), 'pads', pads);
        const inputs = [together.inputs[parity] ?? '', weights, ...(sum === '' ? [] : ['', sum])];
        sum = builder.add(BLOCKED, 'Conv', inputs, attributes);
      }
      builder.rename(sum, conv.outputs[0] ?? '');
    },
  };
}

/** Every second column of the kernel meets the even columns, the others meet the odd ones; null where a half has none or is cut off. */
function halvesOf(
  conv: Node,
  weight: Constant,
  width: number,
): readonly { readonly weight: Constant; readonly pads: readonly number[] }[] | null {
  const [top = 0, left = 0, bottom = 0, right = 0] = intsOf(conv, 'pads') ?? [];
  const kernel = weight.shape[3] ?? 0;
  const output = Math.floor((width + left + right - kernel) / 2) + 1;
  const halves = [0, 1].map((parity) => {
    // Output j reads column 2 j + k - left with weight k: k has the parity of column + left.
    const first = (left + parity) % 2;
    const begin = (left + parity - first) / 2;
    const taps = Math.ceil((kernel - first) / 2);
    const end = output - 1 + taps - begin - width / 2;
    return { weight: everySecondColumn(weight, first), taps, pads: [top, begin, bottom, end] };
  });
  return halves.every(({ taps, pads }) => taps > 0 && pads.every((pad) => pad >= 0)) ? halves : null;
}

function everySecondColumn(weight: Constant, first: number): Constant {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = weight.shape;
  const values = float32Of(weight).filter((_, i) => i % width >= first && ((i % width) - first) % 2 === 0);
  return float32Constant([outputs, inputs, height, Math.ceil((width - first) / 2)], values);
}

function withInts(node: Node, name: string, value: readonly number[]): Node {
  return withAttribute(node, name, { kind: 'ints', value });
}
