// Renewing tokens, twice; the second time for less.

import * as client from 'openid-client';
import { discover, signIn, tell } from './relying_party.mjs';

const config = await discover();
const first = await signIn(config);
const second = await client.refreshTokenGrant(config, first.refresh_token);
const third = await client.refreshTokenGrant(config, second.refresh_token, { scope: 'openid' });
tell({ first, second, third, claims: [first, second, third].map((tokens) => tokens.claims()) });
