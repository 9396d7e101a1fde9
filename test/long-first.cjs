'use strict';
const Sequencer = require('@jest/test-sequencer').default;

/** End-to-end tests take longest: begun last, one of them would keep a single core busy in the end. */
class LongFirst extends Sequencer {
  sort(tests) {
    const isLong = ({ path }) => path.endsWith('.e2e.ts');
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}

module.exports = LongFirst;
