// The code flow of a client that signs assertions instead of holding a secret.

import * as client from 'openid-client';
import { discover, signIn, signingKey, tell } from './relying_party.mjs';

const config = await discover(client.PrivateKeyJwt(await signingKey()));
const tokens = await signIn(config);
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
tell({ claims: tokens.claims(), refreshed });
