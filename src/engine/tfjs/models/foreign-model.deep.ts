import './foreign-model.test.js';
