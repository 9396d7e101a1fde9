import '../../test/own-cache.js';
import './html.e2e.js';
