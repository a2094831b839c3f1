// Does what a client of OAuth does: finds the server out, proves itself, gets an access token, checks its signature as a
// resource server would, and uses it. Its only argument is JSON; prints what came of it, or the error, as JSON.
import * as oauth from 'openid-client';
import * as jose from 'jose';
import { Agent, fetch } from 'undici';

const { issuer, clientId, method, secret, key, algorithm, kid, scope, tls, resource } = JSON.parse(process.argv[2]);
// The server's certificate is the test's own.
const dispatcher = new Agent({ connect: { ...tls, rejectUnauthorized: false } });
const send = (url, options) => fetch(url, { ...options, dispatcher });

const proofs = {
    client_secret_basic: () => oauth.ClientSecretBasic(secret),
    client_secret_post: () => oauth.ClientSecretPost(secret),
    private_key_jwt: async () => oauth.PrivateKeyJwt({ key: await jose.importPKCS8(key, algorithm), kid }),
    tls_client_auth: () => oauth.TlsClientAuth(),
    self_signed_tls_client_auth: () => oauth.TlsClientAuth(),
};

try {
    const server = await oauth.discovery(new URL(issuer), clientId, {}, await proofs[method](), {
        algorithm: 'oauth2',
        [oauth.customFetch]: send,
    });
    const metadata = server.serverMetadata();
    const answer = await oauth.clientCredentialsGrant(server, { scope });
    const keys = jose.createRemoteJWKSet(new URL(metadata.jwks_uri), { [jose.customFetch]: send });
    const { payload, protectedHeader } = await jose.jwtVerify(answer.access_token, keys, { issuer, typ: 'at+jwt' });
    const used = await oauth.fetchProtectedResource(server, answer.access_token, new URL(resource), 'GET');
    console.log(
        JSON.stringify({
            methods: metadata.token_endpoint_auth_methods_supported,
            type: answer.token_type,
            expiresIn: answer.expires_in,
            scope: answer.scope,
            header: protectedHeader,
            payload,
            status: used.status,
        }),
    );
} catch (error) {
    // A refusal with a challenge is told as that; its body says the same as any other.
    const body = error.response?.bodyUsed === false ? await error.response.json() : {};
    console.log(JSON.stringify({ error: error.error ?? body.error ?? error.code ?? error.message, status: error.status }));
}

await dispatcher.close();
