export { proveDevice, type DeviceProof } from './prove.js';
export {
  fastestOf,
  LEAST_SPEEDUP,
  proveDevices,
  resolveDevice,
  UNPROVED_ON_HARDWARE,
  type DeviceChoice,
} from './resolve.js';
