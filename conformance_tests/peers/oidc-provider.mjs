// Starts npm's oidc-provider as a peer that conformance_tests can be tried against.
//
//   npm install oidc-provider                       (in an empty directory outside this repository)
//   node oidc-provider.mjs --port 4000              (from that directory, or with this file copied there)
//
// --issuer URL      the issuer, when something stands in front of this port (default http://127.0.0.1:PORT)
// --tls CERT KEY    serve https with these PEM files
//                   (NODE_EXTRA_CA_CERTS=CERT in the environment lets it trust what the tests serve under the same)
// --static          offer the three clients below and no dynamic registration
import { createHash, generateKeyPair } from 'node:crypto';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

// The package is looked for where the command is run, so that nothing of it has to be installed beside this file.
const installed = createRequire(`${process.cwd()}/`);
const { Provider } = await import(pathToFileURL(installed.resolve('oidc-provider')));

const args = process.argv.slice(2);
const valuesOf = (name, count) => (args.includes(name) ? args.slice(args.indexOf(name) + 1).slice(0, count) : []);
const port = Number(valuesOf('--port', 1)[0] ?? 4000);
const [certificate, key] = valuesOf('--tls', 2);
const issuer = valuesOf('--issuer', 1)[0] ?? `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`;
const isStatic = args.includes('--static');

const claims = {
  openid: ['sub'],
  profile: ['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture',
    'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
};

const person = {
  name: 'Ada Peer', given_name: 'Ada', family_name: 'Peer', middle_name: 'M', nickname: 'ada',
  preferred_username: 'ada', profile: 'https://people.example/ada', picture: 'https://people.example/ada.png',
  website: 'https://ada.example', gender: 'female', birthdate: '1985-10-26', zoneinfo: 'Europe/Berlin',
  locale: 'en-GB', updated_at: 1700000000, email: 'ada@people.example', email_verified: true,
  address: { formatted: '1 Road, Town', locality: 'Town', country: 'GB' },
  phone_number: '+44 20 7946 0000', phone_number_verified: true,
};

// A client that registers for it gets the rules of FAPI 2.0.
const fapiOf = (ctx, client) =>
  (client?.dpopBoundAccessTokens && client.tokenEndpointAuthMethod === 'private_key_jwt' ? '2.0' : undefined);

// Development keys, new at every start.
const jwks = {
  keys: await Promise.all([['RSA', 'RS256'], ['RSA', 'PS256'], ['EC', 'ES256']].map(async ([kind, alg]) => {
    const options = kind === 'RSA' ? { modulusLength: 2048 } : { namedCurve: 'P-256' };
    const { privateKey } = await promisify(generateKeyPair)(kind.toLowerCase(), options);
    return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg };
  })),
};

const client = (number, method) => ({
  client_id: `client-${number}`,
  client_secret: `secret-${number}-which-is-long-enough-for-everything`,
  token_endpoint_auth_method: method,
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  redirect_uris: ['https://rp.conformance.example/callback'],
  post_logout_redirect_uris: ['https://rp.conformance.example/post_logout_redirect'],
});

const provider = new Provider(issuer, {
  claims,
  clients: isStatic
    ? [client(1, 'client_secret_basic'), client(2, 'client_secret_basic'), client(3, 'client_secret_post')] : [],
  cookies: { keys: ['a key of the throw-away peer'], long: { sameSite: 'none' } },
  enableHttpPostMethods: true,
  acrValues: ['urn:example:bronze'],
  jwks,
  responseTypes: ['code', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token'],
  subjectTypes: ['public', 'pairwise'],
  pairwiseIdentifier: (ctx, accountId, client) =>
    createHash('sha256').update(client.sectorIdentifier).update(accountId).digest('hex'),
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  // The tests serve what is fetched on loopback, which the guard against such addresses would refuse.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  features: {
    backchannelLogout: { enabled: true },
    claimsParameter: { enabled: true },
    devInteractions: { enabled: true },
    dPoP: { enabled: true },
    fapi: { enabled: true, profile: fapiOf },
    jwtResponseModes: { enabled: true },
    jwtUserinfo: { enabled: true },
    pushedAuthorizationRequests: { enabled: true, allowUnregisteredRedirectUris: false },
    registration: { enabled: !isStatic },
    registrationManagement: { enabled: !isStatic, rotateRegistrationAccessToken: false },
    requestObjects: { enabled: args.includes('--request-objects') },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...person }) }),
  issueRefreshToken: (ctx, client, code) =>
    client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  pkce: { required: (ctx, client) => fapiOf(ctx, client) !== undefined },
  ttl: { AuthorizationCode: 10, PushedAuthorizationRequest: 10 },
});
provider.proxy = true;
provider.on('server_error', (ctx, error) => console.error(error));

const answer = provider.callback();
// What BCP 195 recommends for TLS 1.2.
const ciphers = ['128', '256'].flatMap((bits) =>
  ['ECDSA', 'RSA'].map((kind) => `ECDHE-${kind}-AES${bits}-GCM-SHA${bits === '128' ? 256 : 384}`)).join(':');
const server = certificate
  ? https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key), ciphers }, answer)
  : http.createServer(answer);
server.listen(port, '127.0.0.1', () => console.log(`oidc-provider at ${issuer}`));
