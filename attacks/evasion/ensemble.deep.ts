import './ensemble.test.js';
