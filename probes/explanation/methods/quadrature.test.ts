import { gaussLegendre } from './quadrature.js';

/** Nodes on [-1, 1] and their weights, as the textbooks have them (DLMF table 3.5.1 and closed forms). */
const CLOSED_FORMS = [
  [1, [0], [2]],
  [2, [-1 / Math.sqrt(3), 1 / Math.sqrt(3)], [1, 1]],
  [3, [-Math.sqrt(3 / 5), 0, Math.sqrt(3 / 5)], [5 / 9, 8 / 9, 5 / 9]],
  [4, [-outer(), -inner(), inner(), outer()], [small(), large(), large(), small()]],
] as const;

function inner(): number {
  return Math.sqrt(3 / 7 - (2 / 7) * Math.sqrt(6 / 5));
}
function outer(): number {
  return Math.sqrt(3 / 7 + (2 / 7) * Math.sqrt(6 / 5));
}
function large(): number {
  return (18 + Math.sqrt(30)) / 36;
}
function small(): number {
  return (18 - Math.sqrt(30)) / 36;
}

test.each(CLOSED_FORMS)('%p nodes are those of the closed form', (n, nodes, weights) => {
  const found = gaussLegendre(n);
  found.nodes.forEach((node, i) => expect(Math.abs(node - (1 + nodes[i]!) / 2)).toBeLessThan(1e-14));
  found.weights.forEach((weight, i) => expect(Math.abs(weight - weights[i]! / 2)).toBeLessThan(1e-14));
  expect(found.nodes).toHaveLength(n);
});

test.each([1, 2, 5, 10, 32, 64])('%p nodes integrate every polynomial up to degree 2 n - 1', (n) => {
  const { nodes, weights } = gaussLegendre(n);
  for (let k = 0; k < 2 * n; k++) {
    const integral = nodes.reduce((sum, x, i) => sum + weights[i]! * x ** k, 0);
    expect(Math.abs(integral - 1 / (k + 1))).toBeLessThan(1e-14);
  }
});

test.each([10, 33, 128, 512])('%p weights sum to one, which the trapezoid of other libraries misses by 1 / n', (n) => {
  const { nodes, weights } = gaussLegendre(n);
  // The error of each weight is about 1e-16 times the slope of P_n: 1e-13 over 512 of them.
  expect(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1)).toBeLessThan(1e-13);
  expect(weights.every((weight) => weight > 0)).toBe(true);
  nodes.forEach((node, i) => {
    expect(node).toBeGreaterThan(i === 0 ? 0 : nodes[i - 1]!);
    expect(Math.abs(node + nodes[n - 1 - i]! - 1)).toBeLessThan(1e-14);
  });
  expect(nodes.at(-1)).toBeLessThan(1);
});
