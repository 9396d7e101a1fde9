export { memoryContext } from './context.js';
export { describeAttack, type AttackUnderTest, type ConformanceNorm } from './describe-attack.js';
export { linearTarget } from '#target/linear';
