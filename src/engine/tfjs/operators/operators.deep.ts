import './operators.test.js';
