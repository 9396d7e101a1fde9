import './fab.test.js';
