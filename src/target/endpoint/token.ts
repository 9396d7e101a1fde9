import { AssayError } from '#base/errors';
import type { EndpointConfig } from '#config/schema';

/** A secret, its place in a request, and the way to keep it out of everything that is written or printed. */
export interface Secret {
  readonly headers: Readonly<Record<string, string>>;
  readonly redact: (text: string) => string;
}

/** What stands where a secret was. */
const REDACTED = '[token]';

/**
 * Takes the token of an endpoint out of the environment. It goes into the header and nowhere else.
 *
 * @throws AssayError `config` where the variable is not set, or holds what no header may hold
 */
export function secretOf(token: EndpointConfig['token'], env: NodeJS.ProcessEnv): Secret {
  if (token === undefined) return { headers: {}, redact: (text) => text };
  const value = env[token.env] ?? '';
  const where = 'target.token.env';
  if (value === '') {
    throw new AssayError('config', {
      where,
      what: `the environment variable \`${token.env}\` is not set`,
      mend: 'Set it to the token of the endpoint.',
    });
  }
  if (!/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(value)) {
    throw new AssayError('config', {
      where,
      what: `the environment variable \`${token.env}\` holds a character that no header may have`,
      mend: 'Set it to the token alone, without a line break.',
    });
  }
  const { header = 'Authorization', scheme = 'Bearer' } = token;
  return {
    headers: { [header]: scheme === '' ? value : `${scheme} ${value}` },
    redact: (text) => formsOf(value).reduce((left, form) => left.replaceAll(form, REDACTED), text),
  };
}

/** As it is, and as what echoes it may have written it; longest first. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const forms = [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}
