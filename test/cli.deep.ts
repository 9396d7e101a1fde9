import './own-cache.js';
import './cli.e2e.js';
