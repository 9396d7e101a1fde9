export { memoryContext, type MemoryContextOptions } from './context.js';
export type { AttackUnderTest } from './conformance.js';
export { describeAttack } from './describe-attack.js';
export type { ConformanceNorm } from './linear-problem.js';
export { linearTarget, type LinearOptions } from '#target/linear';
