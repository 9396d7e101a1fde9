import './install.test.js';
