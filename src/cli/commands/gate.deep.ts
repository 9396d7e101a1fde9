import '../../../test/own-cache.js';
import './gate.e2e.js';
