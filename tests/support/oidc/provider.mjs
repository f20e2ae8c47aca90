// A certified OpenID provider on loopback, for the browser tests of EU Login. It believes whatever name is typed and
// signs PS512 as EU Login does. Its settings are one JSON value in PROVIDER; it says "ready" when it listens.
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const { port, site } = JSON.parse(process.env.PROVIDER);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'results',
    client_secret: 'a secret of the tests alone',
    redirect_uris: [`${site}/login/eu/back`],
    post_logout_redirect_uris: [`${site}/login/signed-out`],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'PS512',
  }],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'PS512', kid: 'first' }] },
  enabledJWA: { idTokenSigningAlgValues: ['PS512'] },
  claims: { openid: ['sub'], email: ['email'], profile: ['given_name', 'family_name'] },
  cookies: { keys: ['of the tests alone'] },
  pkce: { required: () => true },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: `${id}@School.Example`,
      given_name: 'Anna',
      family_name: 'Ozola',
    }),
  }),
});
provider.listen(port, '127.0.0.1', () => console.log('ready'));
