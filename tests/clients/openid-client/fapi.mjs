// FAPI 2.0 with message signing: assertion, pushed and signed request, bound tokens, signed answer.

import * as client from 'openid-client';
import { discover, signIn, signingKey, tell } from './relying_party.mjs';

const key = await signingKey();
const config = await discover(client.PrivateKeyJwt(key));
client.useJwtResponseMode(config);
client.enableNonRepudiationChecks(config);
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
const address = async (config, parameters) => {
  const signed = await client.buildAuthorizationUrlWithJAR(config, parameters, key);
  return client.buildAuthorizationUrlWithPAR(config, signed.searchParams, { DPoP });
};
const tokens = await signIn(config, { address, options: { DPoP } });
const userinfo = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, { DPoP });
tell({ tokens, userinfo });
