// oidc-provider asks for Node.js 22. With these four it runs on 18 as well, which Debian 12 and Ubuntu 24.04 ship.

import * as crypto from 'node:crypto';
import { register } from 'node:module';

globalThis.crypto ??= crypto.webcrypto;
globalThis.CryptoKey ??= crypto.webcrypto.CryptoKey;
URL.parse ??= (address, base) => (URL.canParse(address, base) ? new URL(address, base) : null);

const inline = (source) => `data:text/javascript,${encodeURIComponent(source)}`;

if (crypto.hash === undefined) {
  // A module cannot be given one more export, so whoever imports node:crypto gets another one that has it.
  const complete = inline(`
    import { createHash } from 'node:crypto';
    export * from 'node:crypto';
    export const hash = (name, data, encoding = 'hex') => createHash(name).update(data).digest(encoding);`);
  register(inline(`
    export const resolve = (name, context, next) =>
      name === 'node:crypto' && context.parentURL.startsWith('file:')
        ? { url: ${JSON.stringify(complete)}, shortCircuit: true }
        : next(name, context);`));
}
