import './junit.test.js';
