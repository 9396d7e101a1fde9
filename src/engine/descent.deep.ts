import './descent.test.js';
