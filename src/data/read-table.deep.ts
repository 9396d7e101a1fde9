import './read-table.test.js';
