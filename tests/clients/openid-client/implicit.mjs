// An ID token from the authorization endpoint, and nothing else.

import * as client from 'openid-client';
import { discover, request, tell, visit } from './relying_party.mjs';

const config = await discover(client.None());
client.useIdTokenResponseType(config);
const { parameters, checks } = await request();
const { redirect_uri, scope, state, nonce } = parameters;
const arrived = await visit(client.buildAuthorizationUrl(config, { redirect_uri, scope, state, nonce }));
tell({ claims: await client.implicitAuthentication(config, arrived, nonce, { expectedState: checks.expectedState }) });
