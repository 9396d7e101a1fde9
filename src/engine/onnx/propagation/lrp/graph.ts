import type { LrpComposite } from '../../../contract.js';
import { AssayError } from '#base/errors';
import { operatorError } from '../../autodiff/rule.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Graph, Node } from '../../graph/ir.js';
import { foldBatchNormalization } from '../../passes/batch-normalization.js';
import { Uses } from '../../passes/uses.js';
import { attached, copyOf, filledLike, nodesBetween } from '../beside.js';
import type { Propagated } from '../beside.js';
import type { PropagationPlace } from '../form.js';
import { ACTIVATIONS, isAffine, MAXIMA, MOVES, operatorOf, SCALES, SUMS } from '../operators.js';
import { boundsOfInput, passBounds, type Bounds } from './bounds.js';
import { foldedNames, layerOf, ruleOf, STABILIZER, type WeightedLayer } from './layer.js';
import { ratio, shared } from './rules.js';

/**
 * Layer-wise relevance propagation (Bach et al. 2015; Montavon et al. 2019, chapter 10): beside the model stands a linear one of
 * carriers, ones in the shape of each value, whose gradient is the relevance. It starts with the score itself.
 *
 * A batch normalization behind a convolution is a part of its weights. Activations hand relevance on as it is; sums, means and
 * other normalizations share it by contribution; a max pooling gives it to what is largest.
 *
 * @throws AssayError `operator` naming the first node that has no rule; `usage` where the composite names no layer with weights
 */
export function lrpGraph(graph: Graph, place: PropagationPlace, composite: LrpComposite): Propagated {
  const folded = foldBatchNormalization(graph);
  const builder = new GraphBuilder(folded);
  const nodes = nodesBetween(folded, place.at, place.scores);
  const carrier = filledLike(builder, 1, place.at);
  const walk = new Relevance(builder, folded, { carrier, place, composite, aliases: foldedNames(graph) });
  for (const node of nodes) walk.pass(node);
  walk.requireNames();
  return { builder, carrier, scores: walk.scored(place.scores) };
}

interface Setting {
  readonly carrier: string;
  readonly place: PropagationPlace;
  readonly composite: LrpComposite;
  /** For what a folded layer gives, what the layer gave that it was folded into. */
  readonly aliases: ReadonlyMap<string, string>;
}

class Relevance {
  readonly #carriers: Map<string, string>;
  readonly #uses: Uses;
  /** Values that the input reaches without a layer with weights. */
  readonly #direct: Set<string>;
  readonly #bounds = new Map<string, Bounds>();
  /** Of layers whose bias is a node of its own, by that node. */
  readonly #sums = new Set<Node>();
  readonly #found = new Set<string>();

  constructor(
    private readonly builder: GraphBuilder,
    graph: Graph,
    private readonly setting: Setting,
  ) {
    const { place, carrier } = setting;
    this.#uses = new Uses(graph);
    this.#carriers = new Map([[place.at, carrier]]);
    this.#direct = new Set([place.at]);
    const bounds = boundsOfInput(builder, place, setting.composite);
    if (bounds !== null) this.#bounds.set(place.at, bounds);
  }

  pass(node: Node): void {
    if (this.#sums.has(node)) return;
    const layer = layerOf(node, this.#uses, (name) => this.#carriers.has(name));
    if (layer === null) this.#between(node);
    else this.#layer(layer);
  }

  /** Scores whose gradient is the score itself, times what comes in. */
  scored(scores: string): string {
    const { builder } = this;
    return attached(builder, builder.node('Mul', [this.#of(scores), scores]), scores);
  }

  /** @throws AssayError `usage` where a name of the composite is that of no layer with weights on the way */
  requireNames(): void {
    const wanted = this.setting.composite.flatMap(({ at }) => (typeof at === 'string' ? [] : at));
    const strange = wanted.find((name) => !this.#found.has(name));
    if (strange === undefined) return;
    throw new AssayError('usage', { what: `the LRP composite names \`${strange}\`, which is no layer with weights` });
  }

  #layer(layer: WeightedLayer): void {
    const { builder } = this;
    if (layer.sum !== null) this.#sums.add(layer.sum);
    const names = this.#namesOf(layer);
    for (const name of names) this.#found.add(name);
    const rule = ruleOf(this.setting.composite, layer, this.#direct.has(layer.input), names);
    const bounds = this.#bounds.get(layer.input) ?? null;
    if (rule.kind === 'z-b' && bounds === null) {
      throw operatorError(layer.node, 'cannot have the LRP rule `z-b`: the bounds of its input are not known');
    }
    this.#carriers.set(layer.output, shared({ builder, layer, carrier: this.#of(layer.input), bounds }, rule));
  }

  #between(node: Node): void {
    const outputs = this.#rule(node);
    node.outputs.forEach((name, i) => this.#carriers.set(name, outputs[i] ?? ''));
    if (node.inputs.some((name) => this.#direct.has(name))) for (const name of node.outputs) this.#direct.add(name);
    passBounds(this.builder, node, this.#bounds, (name) => this.#carriers.has(name));
  }

  #rule(node: Node): readonly string[] {
    const operator = operatorOf(node);
    const active = node.inputs.flatMap((name, i) => (this.#carriers.has(name) ? [i] : []));
    const input = node.inputs[active[0] ?? 0] ?? '';
    const isAlone = active.length === 1;
    if (isAffine(node, active)) {
      if (MOVES.has(operator)) return copyOf(this.builder, node, this.#carriers);
      if (SUMS.has(operator)) return [this.#byContribution(node)];
      if (SCALES.has(operator)) return [this.#handedOn(node, input)];
    }
    if (isAlone && ACTIVATIONS.has(operator)) return [this.#handedOn(node, input)];
    if (isAlone && MAXIMA.has(operator)) {
      const chosen = attached(this.builder, this.#of(input), input);
      return copyOf(this.builder, node, new Map([[input, chosen]]));
    }
    throw operatorError(node, 'has no rule in LRP for what depends on the input there');
  }

  #byContribution(node: Node): string {
    const { builder } = this;
    const active = [...new Set(node.inputs.filter((name) => this.#carriers.has(name)))];
    const carried = active.map((name) => [name, builder.node('Mul', [this.#of(name), name])] as const);
    const [part = ''] = copyOf(builder, node, new Map(carried));
    return ratio(builder, part, node.outputs[0] ?? '', STABILIZER);
  }

  /** As it is; where one value gave many, it gets the sum of theirs. */
  #handedOn(node: Node, input: string): string {
    const { builder } = this;
    return builder.node('Expand', [this.#of(input), builder.node('Shape', [node.outputs[0] ?? ''])]);
  }

  #of(value: string): string {
    return this.#carriers.get(value) ?? value;
  }

  /** Under which a composite may name a layer: those of its product, of its sum, and of what was folded into it. */
  #namesOf({ node, output }: WeightedLayer): readonly string[] {
    const { place, aliases } = this.setting;
    const values = [node.outputs[0] ?? '', output, aliases.get(output) ?? output];
    return place.layers.filter(({ value }) => values.includes(value)).map(({ name }) => name);
  }
}
