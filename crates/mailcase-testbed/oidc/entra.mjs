// An OpenID provider (npm oidc-provider) behind the URLs, error bodies and quirks of Microsoft Entra.
// Everything that decides about tokens is the provider's; this file gives it Entra's look:
//   /{tenant}/oauth2/v2.0/{authorize,token}, /{tenant}/discovery/v2.0/keys, /{tenant}/v2.0/.well-known/openid-configuration
// What it shall be comes as JSON in the environment variable SETTINGS; "listening on PORT" is printed once it is ready.
import crypto from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { errors, Provider } from 'oidc-provider';

/** { tenants: [id], tls?: {certificate, key}, clients: [{id, secret?, certificate?, redirects?, expired?}],
 *    access_token_seconds, refresh_tokens_rotate } */
const settings = JSON.parse(process.env.SETTINGS);
const RESOURCES = ['https://graph.microsoft.com', 'https://outlook.office365.com', 'https://outlook.office.com'];
const DELEGATED = [
  'Mail.ReadWrite', 'Mail.ReadWrite.Shared', 'Mail.Send', 'IMAP.AccessAsUser.All', 'EWS.AccessAsUser.All',
];
const APPLICATION = ['Mail.ReadWrite', 'Mail.Send', 'IMAP.AccessAsApp', 'full_access_as_app'];
/** Nobody granted the application anything. */
const isPowerless = (id) => settings.clients.some((client) => client.id === id && client.powerless);
const OPENID = ['openid', 'profile', 'email', 'offline_access'];
const SCOPES = [
  ...OPENID,
  ...RESOURCES.flatMap((resource) => ['.default', ...DELEGATED].map((scope) => `${resource}/${scope}`)),
];

/** Every request for a token and how it ended, oldest first. */
const ledger = [];
const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const signingKey = { ...pair.privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'testbed' };
const publicKey = { id: signingKey.kid, pem: pair.publicKey.export({ format: 'pem', type: 'spki' }) };

/** The resource a scope belongs to: Entra knows it by the scope's beginning. */
function resourceOf(scopes) {
  return RESOURCES.find((resource) => (scopes ?? '').split(' ').some((scope) => scope.startsWith(`${resource}/`)));
}

/** An application that signs in by itself asks for everything it was granted, and for nothing else. */
function resourceFor(ctx) {
  const { grant_type: grant, scope } = ctx.oidc.params ?? {};
  const resource = resourceOf(scope);
  if (grant === 'client_credentials' && scope !== `${resource}/.default`) {
    throw new errors.InvalidScope('The provided value for scope is not valid.', scope);
  }
  return resource;
}

function clientOf({ id, secret, certificate, redirects = [], expired }) {
  const person = redirects.length > 0 ? ['authorization_code', 'refresh_token'] : [];
  const client = {
    client_id: id,
    redirect_uris: redirects,
    response_types: person.length > 0 ? ['code'] : [],
    grant_types: [...person, ...(secret || certificate ? ['client_credentials'] : [])],
    application_type: 'web',
  };
  if (certificate) {
    const key = new crypto.X509Certificate(certificate).publicKey.export({ format: 'jwk' });
    return { ...client, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ ...key, use: 'sig' }] } };
  }
  if (secret || expired) {
    return { ...client, client_secret: secret, token_endpoint_auth_method: 'client_secret_post' };
  }
  return { ...client, application_type: 'native', token_endpoint_auth_method: 'none' };
}

/** Entra's number for what the provider complains about. */
function numberOf({ error, detail, parameters }) {
  const about = `${error} ${detail ?? ''}`;
  if (settings.clients.some((client) => client.expired && client.id === parameters.client_id)) return 7000222;
  if (error === 'invalid_client' && /not found/.test(about)) return 700016;
  if (error === 'invalid_client' && parameters.client_assertion) return 700027;
  if (error === 'invalid_client' && parameters.client_secret) return 7000215;
  if (error === 'invalid_client') return 7000218;
  if (error === 'invalid_grant' && parameters.grant_type === 'refresh_token') return /expired/.test(about) ? 700082 : 50173;
  if (error === 'invalid_grant' && /verif/.test(about)) return 501481;
  if (error === 'invalid_grant') return 54005;
  if (error === 'invalid_scope' && parameters.grant_type === 'client_credentials') return 1002012;
  if (error === 'invalid_scope' || error === 'invalid_target') return 70011;
  return 90014;
}

function refusal(error, number, text) {
  return {
    error,
    error_description: `AADSTS${number}: ${text} Trace ID: ${crypto.randomUUID()} Correlation ID: ${crypto.randomUUID()}`,
    error_codes: [number],
    timestamp: new Date().toISOString().replace('T', ' '),
    trace_id: crypto.randomUUID(),
    correlation_id: crypto.randomUUID(),
    error_uri: `https://login.microsoftonline.com/error?code=${number}`,
  };
}

/** What Entra answers differently from the provider, once the provider has answered. */
async function entrasLook(ctx, next) {
  await next();
  const location = ctx.response.get('location');
  if (!location) return tokenLook(ctx);
  const target = new URL(location, ctx.href);
  if (target.searchParams.has('iss')) {
    target.searchParams.delete('iss');
    if (target.searchParams.get('error') === 'access_denied') {
      target.searchParams.set('error_description', 'AADSTS65004: User declined to consent to access the app.');
    }
    ctx.set('location', target.href);
  }
}

function tokenLook(ctx) {
  if (ctx.oidc?.route !== 'token') return;
  const parameters = { ...ctx.oidc.body };
  const { error, error_description: text } = ctx.body ?? {};
  ledger.push({ grant: parameters.grant_type ?? '', client: parameters.client_id ?? '', status: ctx.status, error: error ?? null });
  if (!error) return;
  const number = numberOf({ error, detail: ctx.state.detail ?? text, parameters });
  ctx.body = refusal(error, number, `${text ?? error} (about '${parameters.client_id}').`);
}

function provider(tenant, base) {
  const made = new Provider(`${base}/${tenant}/v2.0`, {
    jwks: { keys: [signingKey] },
    scopes: SCOPES,
    clients: settings.clients.filter((client) => !client.expired || client.secret).map(clientOf),
    routes: {
      authorization: '/oauth2/v2.0/authorize',
      token: '/oauth2/v2.0/token',
      jwks: '/discovery/v2.0/keys',
      userinfo: '/oidc/userinfo',
      end_session: '/oauth2/v2.0/logout',
    },
    pkce: { required: () => true },
    ttl: { RefreshToken: 90 * 86_400, Grant: 90 * 86_400, Session: 86_400, Interaction: 3600, IdToken: 3600 },
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, _client, oneOf) => oneOf?.[0] ?? resourceFor(ctx),
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => ({
          scope: SCOPES.filter((scope) => scope.startsWith(`${resource}/`)).join(' '),
          audience: resource,
          accessTokenTTL: settings.access_token_seconds,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    conformIdTokenClaims: false,
    claims: { openid: ['sub', 'oid'], profile: ['name', 'preferred_username'], email: ['email'] },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, oid: id, name: id, preferred_username: id, email: id }),
    }),
    extraTokenClaims: (_ctx, token) => ({
      tid: tenant, appid: token.clientId, ver: '1.0',
      ...(token.accountId ? { upn: token.accountId } : { idtyp: 'app', roles: isPowerless(token.clientId) ? [] : APPLICATION }),
    }),
    formats: {
      customizers: {
        jwt: (_ctx, token, parts) => {
          parts.header = { typ: 'JWT' };
          parts.payload.scp = token.accountId ? parts.payload.scope : undefined;
        },
      },
    },
    issueRefreshToken: (_ctx, client, code) =>
      client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
    rotateRefreshToken: settings.refresh_tokens_rotate,
    cookies: { keys: [crypto.randomUUID()] },
  });
  made.proxy = true;
  made.use(entrasLook);
  made.on('grant.error', (ctx, error) => { ctx.state.detail = `${error.error_description} ${error.error_detail}`; });
  made.on('server_error', (_ctx, error) => console.error(error));
  const grants = new Set();
  made.on('grant.success', (ctx) => ctx.oidc.entities.Grant && grants.add(ctx.oidc.entities.Grant.jti));
  return { answer: made.callback(), revoke: () => revoke(made, grants) };
}

/** As an administrator who takes back what was granted. */
async function revoke(made, grants) {
  for (const id of grants) {
    await made.RefreshToken.revokeByGrantId(id);
    await (await made.Grant.find(id))?.destroy();
  }
  grants.clear();
}

function sendJson(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function answer(tenants, request, response) {
  if (request.url === '/_testbed/ledger') return sendJson(response, 200, ledger);
  if (request.url === '/_testbed/key') return sendJson(response, 200, publicKey);
  if (request.url === '/_testbed/revoke') {
    for (const tenant of tenants.values()) await tenant.revoke();
    return sendJson(response, 200, {});
  }
  const [, name, path] = /^\/([^/?]+)(\/.*)$/.exec(request.url) ?? [];
  const tenant = tenants.get(name);
  if (!tenant) return sendJson(response, 400, refusal('invalid_request', 90002, `Tenant '${name}' not found.`));
  request.url = path.replace(/^\/v2\.0\/\.well-known\//, '/.well-known/');
  // Entra gives refresh tokens for offline_access alone; the provider wants consent to be asked for as well.
  if (request.url.startsWith('/oauth2/v2.0/authorize?') && request.url.includes('offline_access') && !request.url.includes('prompt=')) {
    request.url += '&prompt=consent';
  }
  // The provider has no list of accounts: whoever wants another one signs in anew.
  request.url = request.url.replace('prompt=select_account', 'prompt=login%20consent');
  // By this the provider knows where it is mounted.
  request.originalUrl = `/${name}${request.url}`;
  return tenant.answer(request, response);
}

const tenants = new Map();
const handler = (request, response) =>
  answer(tenants, request, response).catch((error) => {
    console.error(error);
    response.destroy();
  });
const { tls } = settings;
const server = tls ? https.createServer({ cert: tls.certificate, key: tls.key }, handler) : http.createServer(handler);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const base = tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
  for (const tenant of settings.tenants) tenants.set(tenant, provider(tenant, base));
  console.log(`listening on ${port}`);
});
