import '../../test/own-cache.js';
import './module-target.e2e.js';
