import './autoattack.test.js';
