// A relying party on openid-client, told what to do by the test that started it: one line of JSON in, one out.

import './webcrypto.mjs';
import { createInterface } from 'node:readline';
import * as client from 'openid-client';
import { importJWK } from 'jose';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (message) => process.stdout.write(JSON.stringify(message) + '\n');

export const { issuer, redirectUri, scope, ...given } = JSON.parse((await lines.next()).value);

// What the provider answered, where it was not what the script went on with.
process.on('uncaughtException', (error) => {
  const { name, message, code, status, error: refusal, error_description: why, cause } = error;
  const { status: answered, url } = cause instanceof Response ? cause : {};
  say({ failed: { name, message, code, status: status ?? answered, url, refusal, why, cause: String(cause?.message ?? '') } });
  process.exit(1);
});

/** Send the person somewhere; gives the address at which their browser came back. */
export const visit = async (url) => {
  say({ visit: String(url) });
  return new URL(JSON.parse((await lines.next()).value).arrived);
};

/** Tell the test what came of it. */
export const tell = (facts) => {
  say({ facts });
  process.exit(0);
};

/** The client's private key, in the two shapes that are asked for. */
export const signingKey = async () => {
  const { key } = given;
  return { key: await importJWK(key, key.alg), kid: key.kid };
};

/** Read the provider's metadata. Its address is plain http, because it is on this machine. */
export const discover = async (authentication = client.ClientSecretBasic(given.clientSecret), metadata = {}) =>
  client.discovery(new URL(issuer), given.clientId, metadata, authentication, {
    execute: [client.allowInsecureRequests],
  });

/** What every authorization request of these tests says, and what its answer has to fit. */
export const request = async () => {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
  const parameters = {
    redirect_uri: redirectUri,
    scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
  };
  return { parameters, checks };
};

/** The code flow, all the way to the tokens. `address` builds what the browser is sent to. */
export const signIn = async (config, { address = client.buildAuthorizationUrl, options } = {}) => {
  const { parameters, checks } = await request();
  const arrived = await visit(await address(config, parameters));
  return client.authorizationCodeGrant(config, arrived, checks, undefined, options);
};
