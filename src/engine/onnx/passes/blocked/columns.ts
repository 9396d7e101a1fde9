import type { GradientRule } from '../../autodiff/rule.js';
import { zerosLike } from '../../autodiff/rules/scatter.js';
import { intOf, intsOf } from '../../graph/attributes.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Attribute, Node } from '../../graph/ir.js';
import { COLUMNS_APART, COLUMNS_TOGETHER, OWN_DOMAIN } from '../../own-operators.js';

/** A blocked picture with an even number of columns. */
export interface Picture {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly block: number;
}

/** The even columns of a blocked picture, and the odd ones. */
export function columnsApart(builder: GraphBuilder, value: string, picture: Picture): readonly [string, string] {
  const [even = '', odd = ''] = builder.nodes(COLUMNS_APART, [value], 2, attributesOf(picture), OWN_DOMAIN);
  return [even, odd];
}

/** The way back: the picture of both gradients. */
export const columnsBack: GradientRule = (context) => {
  const { builder, gradients, node } = context;
  const parts = node.outputs.map((output, i) => gradients[i] ?? zerosLike(context, output));
  return [builder.add(OWN_DOMAIN, COLUMNS_TOGETHER, parts, node.attributes)];
};

/** Column by column, each of them a block of values. */
export function lowerColumnsApart(builder: GraphBuilder, node: Node): void {
  const { channels, height, width, block } = pictureOf(node);
  const [value = ''] = node.inputs;
  const runs = builder.nodes('Split', [builder.reshape(value, [-1, 2, block])], 2, { axis: 1, num_outputs: 2 });
  for (const [i, run] of runs.entries()) {
    builder.rename(builder.reshape(run, [-1, channels, height, width / 2]), node.outputs[i] ?? '');
  }
}

export function lowerColumnsTogether(builder: GraphBuilder, node: Node): void {
  const { channels, height, width, block } = pictureOf(node);
  const runs = node.inputs.map((columns) => builder.reshape(columns, [-1, block]));
  const picture = builder.reshape(builder.node('Concat', runs, { axis: 1 }), [-1, channels, height, width]);
  builder.rename(picture, node.outputs[0] ?? '');
}

export function pictureOf(node: Node): Picture {
  const [channels = 0, height = 0, width = 0] = intsOf(node, 'sizes') ?? [];
  return { channels, height, width, block: intOf(node, 'block', 1) };
}

function attributesOf({ channels, height, width, block }: Picture): Record<string, Attribute> {
  return { sizes: { kind: 'ints', value: [channels, height, width] }, block: { kind: 'int', value: block } };
}
