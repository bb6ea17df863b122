// A client that registers itself, and then signs somebody in.

import * as client from 'openid-client';
import { given, issuer, redirectUri, signIn, tell } from './relying_party.mjs';

const config = await client.dynamicClientRegistration(
  new URL(issuer),
  { redirect_uris: [redirectUri], client_name: 'Registered by itself' },
  undefined,
  { initialAccessToken: given.initialAccessToken, execute: [client.allowInsecureRequests] },
);
const tokens = await signIn(config);
tell({ claims: tokens.claims(), registered: config.clientMetadata() });
