import './own-cache.js';
import './real-models.e2e.js';
