// A device without a browser: the code is shown, and the tokens are asked for until somebody has decided.

import * as client from 'openid-client';
import { discover, scope, tell, visit } from './relying_party.mjs';

const config = await discover(client.None());
const codes = await client.initiateDeviceAuthorization(config, { scope });
await visit(codes.verification_uri_complete);
try {
  const tokens = await client.pollDeviceAuthorizationGrant(config, { ...codes, interval: 1 });
  tell({ codes, tokens, claims: tokens.claims() });
} catch (error) {
  tell({ codes, refused: error.error ?? String(error) });
}
