// A pushed authorization request.

import * as client from 'openid-client';
import { discover, signIn, tell } from './relying_party.mjs';

const config = await discover();
let shown;
const address = async (...asked) => (shown = await client.buildAuthorizationUrlWithPAR(...asked));
const tokens = await signIn(config, { address });
tell({ claims: tokens.claims(), shown });
