import './apgd.test.js';
