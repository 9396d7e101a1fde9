import './layers.test.js';
