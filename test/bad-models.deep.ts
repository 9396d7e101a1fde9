import './own-cache.js';
import './bad-models.e2e.js';
