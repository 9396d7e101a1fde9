'use strict';
// Inside jest's context every typed array is of another realm, which onnxruntime-node rejects: hand it the outer ones.
const { TestEnvironment } = require('jest-environment-node');

const OUTER = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float32Array',
  'Float64Array',
];

class AssayEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of OUTER) this.global[name] = globalThis[name];
  }
}

module.exports = AssayEnvironment;
