// A token for the client itself.

import * as client from 'openid-client';
import { discover, tell } from './relying_party.mjs';

const config = await discover();
tell({ tokens: await client.clientCredentialsGrant(config, { scope: 'reports' }) });
