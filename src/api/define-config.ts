import type { Config } from '#config/schema';

/** The config itself, with the types that an editor needs: for `assay.config.ts`. */
export function defineConfig(config: Config): Config {
  return config;
}
