import { AssayError } from '#base/errors';
import { closest } from '#config/closest';
import type { Plugin } from './plugin.js';

/** The plugins of a run, by id. */
export interface Registry {
  readonly plugins: ReadonlyMap<string, Plugin>;
  /** Throws an AssayError that names the closest known id. */
  get(id: string): Plugin;
}

/** @throws AssayError `plugin` when two plugins have one id */
export function createRegistry(plugins: Iterable<Plugin>): Registry {
  const known = new Map<string, Plugin>();
  for (const plugin of plugins) {
    if (known.has(plugin.id)) {
      throw new AssayError('plugin', {
        where: plugin.id,
        what: 'two plugins have this id',
        mend: 'Remove one of them, or give it an id that begins with its package name.',
      });
    }
    known.set(plugin.id, plugin);
  }
  return {
    plugins: known,
    get(id) {
      const plugin = known.get(id);
      if (plugin !== undefined) return plugin;
      const meant = closest(id, [...known.keys()]);
      throw new AssayError('plugin', {
        where: id,
        what: `there is no such plugin${meant === null ? '' : `; the closest is \`${meant}\``}`,
        mend: '`assay list` names them all.',
      });
    },
  };
}
