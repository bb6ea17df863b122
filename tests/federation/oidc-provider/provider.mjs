// npm's oidc-provider as the provider that people of these tests come from: `node provider.mjs PORT CLIENT`, the
// client as JSON. Its keys are new at every start; its people are whoever types a name, and stay the same over a start.

import './older_node.mjs';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

const { Provider } = await import('oidc-provider');

const [port, client] = [Number(process.argv[2]), JSON.parse(process.argv[3])];
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const provider = new Provider(`http://127.0.0.1:${port}`, {
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  clients: [client],
  cookies: { keys: ['a key of a provider that lives for a test'] },
  // The guard against addresses on this machine would keep its logout tokens from us.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `${id} Peer`, email: `${id}@people.example`, email_verified: true }),
  }),
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
  pkce: { required: () => true },
});
provider.on('server_error', (_, error) => console.error(error));

createServer(provider.callback()).listen(port, '127.0.0.1');
