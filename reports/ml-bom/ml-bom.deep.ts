import './ml-bom.test.js';
