import './own-cache.js';
import './folders.e2e.js';
