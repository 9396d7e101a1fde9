/** ONNX Runtime's own operators on tensors [n, channels / block, height, width, block], declared as [n, channels, ...]. */
export const BLOCKED = 'com.microsoft.nchwc';
