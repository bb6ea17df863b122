// The hybrid flow: the ID token beside the code is a detached signature of the answer.

import * as client from 'openid-client';
import { discover, signIn, tell } from './relying_party.mjs';

const config = await discover();
client.useCodeIdTokenResponseType(config);
const tokens = await signIn(config);
tell({ claims: tokens.claims() });
