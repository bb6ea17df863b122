// Tokens bound to a key: at the token endpoint, at userinfo and at refresh, with the provider's nonces.

import * as client from 'openid-client';
import { discover, given, signIn, tell } from './relying_party.mjs';

const config = await discover(given.clientSecret ? undefined : client.None());
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
const address = async (config, parameters) =>
  client.buildAuthorizationUrl(config, { ...parameters, dpop_jkt: await DPoP.calculateThumbprint() });
const tokens = await signIn(config, { address, options: { DPoP } });
const { sub } = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
const stolen = await client.fetchUserInfo(config, tokens.access_token, sub).catch((error) => error.cause?.[0] ?? error.code);
tell({ tokens, userinfo, refreshed, stolen });
