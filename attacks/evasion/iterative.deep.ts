import './iterative.test.js';
