import { temporaryFolder } from './temporary-folder.js';

// What the user of this machine has set up or proved changes no test.
process.env['XDG_CACHE_HOME'] = temporaryFolder();
