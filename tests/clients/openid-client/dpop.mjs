// Tokens bound to a key: at the token endpoint, at userinfo and at refresh, with the provider's nonces.

import * as client from 'openid-client';
import { discover, given, signIn, tell } from './relying_party.mjs';

const config = await discover(given.clientSecret ? undefined : client.None());
const answers = [];
config[client.customFetch] = async (url, options) => {
  const answer = await fetch(url, options);
  const proof = new Headers(options.headers).get('dpop');
  if (proof) {
    const claims = JSON.parse(Buffer.from(proof.split('.')[1], 'base64url'));
    answers.push({ status: answer.status, sent: claims.nonce ?? null, given: answer.headers.get('dpop-nonce') });
  }
  return answer;
};
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
const address = async (config, parameters) =>
  client.buildAuthorizationUrl(config, { ...parameters, dpop_jkt: await DPoP.calculateThumbprint() });
const tokens = await signIn(config, { address, options: { DPoP } });
const { sub } = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
const stolen = await client.fetchUserInfo(config, tokens.access_token, sub).catch((error) => error.cause?.[0] ?? error.code);
tell({ tokens, userinfo, refreshed, stolen, answers });
