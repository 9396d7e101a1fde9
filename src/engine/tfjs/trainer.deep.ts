import './trainer.test.js';
