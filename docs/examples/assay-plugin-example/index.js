// Assay takes every plugin that the module exports by name, or the list that it exports by default.
export { saltAndPepper } from './salt-and-pepper.js';
