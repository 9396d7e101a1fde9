/** What check.mjs takes from the sources; pack.mjs compiles it into the archive. */
export { DeviceProcess } from '../test/device-process.js';
export { OPERATOR_FAMILIES } from '../test/operator-cases.js';
