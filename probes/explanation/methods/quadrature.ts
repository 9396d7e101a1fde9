/** Nodes and weights of a quadrature on [0, 1]. */
export interface Quadrature {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

const known = new Map<number, Quadrature>();

/**
 * Gauss-Legendre quadrature with n nodes, exact for polynomials of degree 2 n - 1: the roots of the Legendre polynomial
 * P_n by Newton's method from Tricomi's estimate, weights 2 / ((1 - x^2) P_n'(x)^2) (DLMF 3.5.v), moved to [0, 1].
 */
export function gaussLegendre(n: number): Quadrature {
  const quadrature = known.get(n) ?? compute(n);
  known.set(n, quadrature);
  return quadrature;
}

function compute(n: number): Quadrature {
  const pairs = Array.from({ length: n }, (_, i) => {
    const x = rootOf(n, Math.cos((Math.PI * (i + 0.75)) / (n + 0.5)));
    const { slope } = legendre(n, x);
    return { node: (1 - x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
  return { nodes: pairs.map(({ node }) => node), weights: pairs.map(({ weight }) => weight) };
}

/** The root of P_n next to an estimate: Newton's method, until a step is lost to rounding. */
function rootOf(n: number, estimate: number): number {
  let x = estimate;
  for (let iteration = 0; iteration < 100; iteration++) {
    const { value, slope } = legendre(n, x);
    const step = value / slope;
    x -= step;
    if (Math.abs(step) < 1e-16) break;
  }
  return x;
}

/** P_n(x) and its derivative, by Bonnet's recursion. */
function legendre(n: number, x: number): { readonly value: number; readonly slope: number } {
  let before = 1;
  let value = x;
  for (let k = 2; k <= n; k++) {
    const next = ((2 * k - 1) * x * value - (k - 1) * before) / k;
    before = value;
    value = next;
  }
  return { value, slope: (n * (x * value - before)) / (x * x - 1) };
}
