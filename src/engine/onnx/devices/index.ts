export { proveDevice, type DeviceProof, type FailingDevice, type WorkingDevice } from './prove.js';
export { DEVICES, fastestOf, proveDevices, resolveDevice, UNPROVED_ON_HARDWARE, type DeviceChoice } from './resolve.js';
