// Asking about a token, revoking it, and asking again; authenticated in the body this time.

import * as client from 'openid-client';
import { discover, given, signIn, tell } from './relying_party.mjs';

const config = await discover(client.ClientSecretPost(given.clientSecret));
const { access_token, refresh_token } = await signIn(config);
const before = await client.tokenIntrospection(config, access_token);
await client.tokenRevocation(config, refresh_token, { token_type_hint: 'refresh_token' });
const after = await client.tokenIntrospection(config, access_token);
const refused = await client.refreshTokenGrant(config, refresh_token).catch((error) => error.error);
tell({ before, after, refused });
