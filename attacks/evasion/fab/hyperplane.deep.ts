import './hyperplane.test.js';
