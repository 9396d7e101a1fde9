import '../../../test/own-cache.js';
import './harden.e2e.js';
