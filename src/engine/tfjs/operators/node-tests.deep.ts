import './node-tests.test.js';
