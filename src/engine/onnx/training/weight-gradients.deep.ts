import './weight-gradients.test.js';
