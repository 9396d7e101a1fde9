import './deepfool.test.js';
