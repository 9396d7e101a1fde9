import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageFile } from '#base/package-root';

function templateFolder(): string {
  return packageFile('reports/html/templates');
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
