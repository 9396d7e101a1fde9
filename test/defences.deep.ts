import './defences.test.js';
