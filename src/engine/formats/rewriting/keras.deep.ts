import './keras.test.js';
