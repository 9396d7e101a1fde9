export { memoryContext, type MemoryContextOptions } from './context.js';
export { describeAttack } from './describe-attack.js';
export type { ConformanceNorm } from './linear-problem.js';
export type { AttackUnderTest } from './under-test.js';
export { linearTarget, type LinearOptions } from '#target/linear';
