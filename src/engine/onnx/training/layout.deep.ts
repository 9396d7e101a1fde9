import './layout.test.js';
