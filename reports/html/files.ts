import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '#base/package-root';

/** Beside this module in the sources and in the build; in the build's folder where this module was bundled. */
function templateFolder(): string {
  const beside = fileURLToPath(new URL('./templates', import.meta.url));
  return existsSync(beside) ? beside : join(packageRoot(), 'dist', 'reports', 'html', 'templates');
}

export function templateFile(name: string): string {
  return join(templateFolder(), name);
}

/** The names of all Handlebars files, without their ending. */
export function templateNames(): string[] {
  return readdirSync(templateFolder())
    .filter((name) => name.endsWith('.hbs'))
    .map((name) => name.slice(0, -'.hbs'.length))
    .sort();
}
