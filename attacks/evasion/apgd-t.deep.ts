import './apgd-t.test.js';
