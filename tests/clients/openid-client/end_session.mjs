// Signing out at the provider with the ID token as hint, and coming back.

import * as client from 'openid-client';
import { discover, given, signIn, tell, visit } from './relying_party.mjs';

const config = await discover();
const { id_token } = await signIn(config);
const arrived = await visit(
  client.buildEndSessionUrl(config, {
    id_token_hint: id_token,
    post_logout_redirect_uri: given.signedOutUri,
    state: 'bye',
  }),
);
tell({ arrived });
