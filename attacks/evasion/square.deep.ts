import './square.test.js';
