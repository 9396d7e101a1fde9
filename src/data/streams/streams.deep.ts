import './streams.test.js';
