/** Why a file that a model names may not be read from beside it, whatever lies there; null when it may. */
export function whyNotBeside(location: string): string | null {
  if (location === '') return 'which is no name';
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return 'which is a URL or a drive';
  if (location.includes('\\')) return 'which has a backslash';
  if (location.includes('\0')) return 'which has a zero byte';
  if (location.startsWith('/')) return 'which is an absolute path';
  return location.split('/').includes('..') ? 'which leaves the folder' : null;
}
