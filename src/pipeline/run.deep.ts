import '../../test/own-cache.js';
import './run.e2e.js';
