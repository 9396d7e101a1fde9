import type { Finding } from '#report/report';
import type { ArtifactLocation, Location } from './model.js';

/** The config is the one artifact of the run. */
const CONFIG_INDEX = 0;
const START = { line: 1, column: 1 } as const;

export function configLocation(path: string): ArtifactLocation {
  return { uri: uriOf(path), index: CONFIG_INDEX };
}

/** The place in the config that asks for a cell; its first line where the config is code or does not name it. */
export function locationAt(artifactLocation: ArtifactLocation, place: Finding['place']): Location {
  const { line, column } = place ?? START;
  const region = { startLine: Math.max(1, line), startColumn: Math.max(1, column) };
  return { physicalLocation: { artifactLocation, region } };
}

/** A path with forward slashes as a URI reference (RFC 3986): relative ones stay so, absolute ones name a file. */
function uriOf(path: string): string {
  // Half of a surrogate pair has no UTF-8 form.
  const encoded = path
    .replace(/\p{Cs}/gu, '\ufffd')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
  if (path.startsWith('/')) return `file://${encoded}`;
  return /^[A-Za-z]:\//.test(path) ? `file:///${encoded}` : encoded;
}
