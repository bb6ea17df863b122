// The code flow with PKCE, and the person's claims.

import * as client from 'openid-client';
import { discover, signIn, tell } from './relying_party.mjs';

const config = await discover();
const tokens = await signIn(config);
const { sub } = tokens.claims();
tell({ tokens, claims: tokens.claims(), userinfo: await client.fetchUserInfo(config, tokens.access_token, sub) });
