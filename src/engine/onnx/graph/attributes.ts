import type { Attribute, Node } from './ir.js';

export function intOf(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'int' ? attribute.value : fallback;
}

export function floatOf(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'float' ? attribute.value : fallback;
}

export function stringOf(node: Node, name: string, fallback: string): string {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'string' ? attribute.value : fallback;
}

/** Null when the node does not have the attribute. */
export function intsOf(node: Node, name: string): readonly number[] | null {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'ints' ? attribute.value : null;
}

/** Null when the node does not have the attribute. */
export function floatsOf(node: Node, name: string): readonly number[] | null {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'floats' ? attribute.value : null;
}

export function withAttribute(node: Node, name: string, value: Attribute): Node {
  return { ...node, attributes: new Map([...node.attributes, [name, value]]) };
}

export function withoutAttributes(node: Node, ...names: readonly string[]): Node {
  return { ...node, attributes: new Map([...node.attributes].filter(([name]) => !names.includes(name))) };
}
