import './features.test.js';
