import './trajectories.test.js';
