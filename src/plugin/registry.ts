import type { Plugin } from './plugin.js';

/** The plugins of a run, by id. */
export interface Registry {
  readonly plugins: ReadonlyMap<string, Plugin>;
  /** Throws an AssayError that names the closest known id. */
  get(id: string): Plugin;
}
