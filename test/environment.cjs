'use strict';
// Inside jest's VM every typed array is of another realm, which onnxruntime-node rejects: hand it the outer ones.
const { TestEnvironment } = require('jest-environment-node');

const OUTER = [
  'ArrayBuffer', 'Float32Array', 'Float64Array', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array',
  'Uint16Array', 'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array', 'DataView',
];

class NativeArraysEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of OUTER) this.global[name] = globalThis[name];
  }
}

module.exports = NativeArraysEnvironment;
