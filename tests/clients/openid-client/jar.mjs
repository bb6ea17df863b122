// A request object, signed by the client.

import * as client from 'openid-client';
import { discover, signIn, signingKey, tell } from './relying_party.mjs';

const config = await discover();
const key = await signingKey();
let shown;
const address = async (config, parameters) =>
  (shown = await client.buildAuthorizationUrlWithJAR(config, parameters, key));
const tokens = await signIn(config, { address });
tell({ claims: tokens.claims(), shown });
