import '../../test/own-cache.js';
import './explanations.e2e.js';
