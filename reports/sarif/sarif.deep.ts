import './sarif.test.js';
