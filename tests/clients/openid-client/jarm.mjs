// An authorization response that the provider has signed.

import * as client from 'openid-client';
import { discover, signIn, tell } from './relying_party.mjs';

const config = await discover();
client.useJwtResponseMode(config);
const tokens = await signIn(config);
tell({ claims: tokens.claims() });
