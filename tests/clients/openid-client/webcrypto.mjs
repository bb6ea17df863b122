// Node.js 18, which Debian 12 ships, has Web Cryptography, but not where openid-client looks for it.

import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;
