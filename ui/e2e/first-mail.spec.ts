// The whole way against the real server and a real mailbox: set-up, connector, certificate, mail, case; then the same
// mailbox through a real proxy, and by access a person grants at a real OpenID provider. Needs MAILCASE_URL, MAILCASE_SETUP_URL (the one-time link), IMAP_HOST, IMAP_PORT_TLS,
// IMAP_USER, IMAP_PASSWORD and LMTP_PORT; PROXY_HOST, PROXY_PORT_TLS, PROXY_USER and PROXY_PASSWORD; OIDC_URL,
// OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_AUTHORITY and OIDC_REVOKE.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, type Page, test } from '@playwright/test';
import { deliver } from './lmtp';

const NEEDED = [
  'MAILCASE_URL',
  'MAILCASE_SETUP_URL',
  'IMAP_HOST',
  'IMAP_PORT_TLS',
  'IMAP_USER',
  'IMAP_PASSWORD',
  'LMTP_PORT',
  'PROXY_HOST',
  'PROXY_PORT_TLS',
  'PROXY_USER',
  'PROXY_PASSWORD',
  'OIDC_URL',
  'OIDC_CLIENT_ID',
  'OIDC_CLIENT_SECRET',
  'OIDC_AUTHORITY',
  'OIDC_REVOKE',
] as const;
const missing = NEEDED.filter((name) => !process.env[name]);
if (missing.length > 0) throw new Error(`there is no server to test: set ${missing.join(', ')}`);
const env = (name: (typeof NEEDED)[number]) => process.env[name] ?? '';

// The provider's certificate is signed by nobody this browser trusts.
test.use({ baseURL: process.env.MAILCASE_URL, acceptDownloads: true, ignoreHTTPSErrors: true });

// The second needs the administrator that the first makes.
test.describe.configure({ mode: 'serial' });

const mark = randomUUID().slice(0, 8);
const subject = `Invoice ${mark} looks odd`;
const text = `Please have a look at invoice ${mark}.`;
const mail = [
  'From: Petra Lind <petra@example.org>',
  `To: <${process.env.IMAP_USER}>`,
  `Subject: ${subject}`,
  `Message-ID: <${mark}@example.org>`,
  'Date: Mon, 02 Mar 2026 10:00:00 +0000',
  'MIME-Version: 1.0',
  'Content-Type: multipart/alternative; boundary="b"',
  '',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  '',
  text,
  '--b',
  'Content-Type: text/html; charset=utf-8',
  '',
  `<p>${text}</p><img src="https://tracker.example.net/p.gif">`,
  '--b--',
].join('\r\n');

test('a mail becomes a case on the screen', async ({ page }) => {
  test.setTimeout(120_000);

  await test.step('the one-time link makes the administrator', async () => {
    await page.goto(env('MAILCASE_SETUP_URL'));
    await page.getByLabel('Organization').fill('Northwind Security');
    await page.getByLabel('Your name').fill('Ada Marsh');
    await page.getByLabel('User name').fill('ada');
    await page.getByRole('textbox', { name: 'Password', exact: true }).fill('correct horse battery');
    await page.getByRole('textbox', { name: 'Password again' }).fill('correct horse battery');
    await page.getByRole('button', { name: 'Create organization' }).click();
    await expect(page.getByRole('heading', { name: 'Connectors', level: 1 })).toBeVisible();
    await expect(page.getByRole('status', { name: 'Live updates: Live' })).toBeVisible();
  });

  await test.step('the connection is described', async () => {
    await page.getByRole('link', { name: 'New connector' }).first().click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Phishing reports');
    await expect(page.getByRole('switch', { name: 'Active' })).toBeChecked();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByLabel('Server').fill(`${env('IMAP_HOST')}:${env('IMAP_PORT_TLS')}`);
    await page.getByLabel('User name').fill(env('IMAP_USER'));
    await page.getByRole('textbox', { name: 'Password' }).fill(env('IMAP_PASSWORD'));
  });

  await test.step('the test fails on the certificate, shows it, and passes once it is trusted', async () => {
    await page.getByRole('button', { name: 'Test & save' }).click();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await expect(page.getByText('The test failed.')).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText('The certificate is not trusted')).toBeVisible();
    const chain = page.getByRole('region', { name: 'Certificate chain' });
    await expect(chain.getByText(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/).first()).toBeVisible();
    await page.getByRole('button', { name: 'Trust this certificate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Trust and test again' }).click();
    await expect(page.getByText('The test passed.')).toBeVisible({ timeout: 30_000 });
  });

  await test.step('the folder is picked from the live list, and the connector saved', async () => {
    await page.getByRole('button', { name: 'Folders', exact: true }).click();
    await page.getByRole('button', { name: 'List folders' }).click();
    await page.getByRole('checkbox', { name: 'INBOX', exact: true }).check();
    await page.getByRole('button', { name: 'Test & save' }).click();
    await page.getByRole('button', { name: 'Create connector' }).click();
    await expect(page.getByRole('heading', { name: 'Phishing reports', level: 1 })).toBeVisible();
    await expect(page.getByRole('img', { name: 'Working' })).toBeVisible({ timeout: 30_000 });
  });

  await test.step('a delivered mail is a case without a reload', async () => {
    await page.getByRole('link', { name: 'Cases' }).click();
    await expect(page.getByText('No cases yet')).toBeVisible();
    await page.evaluate(() => document.body.setAttribute('data-not-reloaded', ''));
    await deliver(Number(env('LMTP_PORT')), env('IMAP_USER'), mail);
    await expect(page.getByRole('link', { name: subject })).toBeVisible({ timeout: 30_000 });
    await expect(page.locator('body[data-not-reloaded]')).toBeAttached();
  });

  await test.step('the message can be read safely', async () => {
    await page.getByRole('link', { name: subject }).click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText(subject);
    await page.getByRole('table', { name: 'Messages' }).getByRole('link', { name: subject }).click();
    await expect(page.frameLocator('[title="Message preview"]').getByText(text)).toBeVisible();
    await page.getByRole('tab', { name: 'Text' }).click();
    await expect(page.locator('pre')).toContainText(text);
    await page.getByRole('tab', { name: /Deliveries/ }).click();
    await expect(page.getByText('Acknowledged', { exact: true }).last()).toBeVisible({ timeout: 30_000 });
  });

  await test.step('the raw message is what was delivered', async () => {
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Raw message' }).click();
    const raw = await readFile(await (await downloading).path());
    // The mail server puts its own headers in front; everything from ours on is ours.
    const start = raw.indexOf('From: Petra Lind');
    expect(start).toBeGreaterThan(0);
    expect(
      raw
        .subarray(start)
        .toString('latin1')
        .replace(/(\r\n)+$/, ''),
    ).toBe(mail);
  });
});

async function signIn(page: Page) {
  await page.goto('/');
  await page.getByLabel('User name').fill('ada');
  await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('link', { name: 'Cases' })).toBeVisible();
}

test('a proxy in the way is told from the server behind it', async ({ page }) => {
  test.setTimeout(120_000);
  const step = (title: RegExp) =>
    page.getByRole('list', { name: 'Steps of the test' }).getByRole('listitem').filter({ hasText: title });
  const tested = async (outcome: 'passed' | 'failed') => {
    await page.getByRole('button', { name: 'Test & save' }).click();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await expect(page.getByText(`The test ${outcome}.`)).toBeVisible({ timeout: 30_000 });
  };
  const trust = async () => {
    await page.getByRole('button', { name: 'Trust this certificate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Trust and test again' }).click();
    await expect(page.getByText('Testing…')).toHaveCount(0, { timeout: 30_000 });
  };

  await test.step('the administrator signs in and describes mailbox and proxy', async () => {
    await signIn(page);
    await page.goto('/settings/connectors/new');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Behind the proxy');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('textbox', { name: 'Server' }).fill(`${env('IMAP_HOST')}:${env('IMAP_PORT_TLS')}`);
    await page.getByRole('textbox', { name: 'User name' }).fill(env('IMAP_USER'));
    await page.getByRole('textbox', { name: 'Password', exact: true }).fill(env('IMAP_PASSWORD'));
    await page.getByRole('combobox', { name: 'Kind of proxy' }).click();
    await page.getByRole('option', { name: 'HTTPS (TLS to the proxy)' }).click();
    await page.getByRole('textbox', { name: 'Proxy server' }).fill(env('PROXY_HOST'));
    await page.getByRole('textbox', { name: 'Proxy port' }).fill(env('PROXY_PORT_TLS'));
    await page.getByRole('textbox', { name: 'Proxy user name' }).fill(env('PROXY_USER'));
    await page.getByRole('textbox', { name: 'Proxy password' }).fill('not the password');
  });

  await test.step('its certificate is shown as the one of the proxy, and trusted for it', async () => {
    await tested('failed');
    await expect(page.getByText('The certificate of the proxy is not trusted')).toBeVisible();
    await expect(page.getByRole('region', { name: 'Certificate chain of the proxy' })).toBeVisible();
    await trust();
  });

  await test.step('it refuses the password, and says that it is the one of the proxy', async () => {
    await expect(step(/through the proxy/)).toContainText('refused the user name or password for the proxy');
    await expect(step(/through the proxy/)).toContainText('they are not those of the mailbox');
    await page.getByRole('button', { name: 'Connection', exact: true }).click();
    await page.getByRole('textbox', { name: 'Proxy password' }).fill(env('PROXY_PASSWORD'));
  });

  await test.step('behind it the server has a certificate of its own to trust', async () => {
    await tested('failed');
    await expect(page.getByText('The certificate is not trusted', { exact: true })).toBeVisible();
    await trust();
    await expect(page.getByText('The test passed.')).toBeVisible({ timeout: 30_000 });
  });

  await test.step('the connector works', async () => {
    await page.getByRole('button', { name: 'Create connector' }).click();
    await expect(page.getByRole('heading', { name: 'Behind the proxy', level: 1 })).toBeVisible();
    await expect(page.getByRole('img', { name: 'Working' })).toBeVisible({ timeout: 30_000 });
  });
});

test('a person grants access at the provider, and it can be revoked there', async ({ page, request }) => {
  test.setTimeout(120_000);
  const choose = async (field: string, option: string) => {
    await page.getByRole('combobox', { name: field }).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };
  const name = 'By granted access';
  const atProvider = async (last: 'Continue' | '[ Cancel ]') => {
    await page.waitForURL(`${new URL(env('OIDC_URL')).origin}/**`, { waitUntil: 'commit' });
    // The page of the provider keeps a person signed in.
    const login = page.getByPlaceholder('Enter any login');
    await expect(login.or(page.getByRole('button', { name: 'Continue' }))).toBeVisible();
    if (await login.isVisible()) {
      await login.fill(env('IMAP_USER'));
      await page.getByPlaceholder('and password').fill('any');
      await page.getByRole('button', { name: 'Sign-in' }).click();
    }
    await page.getByText(last, { exact: true }).click();
    await page.waitForURL(`${env('MAILCASE_URL')}/**`);
  };

  await test.step('the application is described', async () => {
    await signIn(page);
    await page.goto('/settings/connectors/new');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('textbox', { name: 'Server' }).fill(`${env('IMAP_HOST')}:${env('IMAP_PORT_TLS')}`);
    await page.getByRole('textbox', { name: 'User name' }).fill(env('IMAP_USER'));
    await choose('Sign-in', 'OAuth (OAUTHBEARER)');
    await choose('Access token', 'From another provider');
    await choose('Sign in as', 'A person who grants access');
    await page.getByRole('textbox', { name: 'URL for signing in' }).fill(`${env('OIDC_URL')}/authorize`);
    await page.getByRole('textbox', { name: 'URL for tokens' }).fill(`${env('OIDC_URL')}/token`);
    await page
      .getByRole('textbox', { name: 'Scope' })
      .fill('openid profile offline_access https://outlook.office365.com/IMAP.AccessAsUser.All');
    await page.getByRole('textbox', { name: 'Client id' }).fill(env('OIDC_CLIENT_ID'));
    await page.getByRole('textbox', { name: 'Client secret', exact: true }).fill(env('OIDC_CLIENT_SECRET'));
    await page.getByRole('button', { name: 'Paste PEM' }).click();
    await page.getByRole('textbox', { name: 'Certificate in PEM form' }).fill(env('OIDC_AUTHORITY'));
    await page.getByRole('button', { name: 'Add certificate' }).click();
  });

  await test.step('the server is trusted, and the test says that nobody granted access', async () => {
    await page.getByRole('button', { name: 'Test & save' }).click();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await page.getByRole('button', { name: 'Trust this certificate' }).click({ timeout: 30_000 });
    await page.getByRole('dialog').getByRole('button', { name: 'Trust and test again' }).click();
    const token = page.getByRole('listitem').filter({ hasText: 'Get an access token from localhost' });
    await expect(token).toContainText('nobody granted access to the mailbox yet', { timeout: 30_000 });
    await page.getByRole('button', { name: 'Create connector' }).click();
    await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  });

  await test.step('a person who refuses is told what to do', async () => {
    await page.getByRole('button', { name: 'Grant access' }).click();
    await atProvider('[ Cancel ]');
    await expect(page.getByRole('heading', { name: 'Access was not granted' })).toBeVisible();
    await expect(page.getByText(/access was not granted \(access_denied\)/)).toBeVisible();
  });

  await test.step('a person who agrees comes back to a connector that works', async () => {
    await page.goto('/settings/connectors');
    await page.getByRole('link', { name }).click();
    await page.getByRole('button', { name: 'Grant access' }).click();
    await atProvider('Continue');
    await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
    await expect(page.getByText(`${env('IMAP_USER')} granted access`)).toBeVisible();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await expect(page.getByText('The test passed.')).toBeVisible({ timeout: 30_000 });
    await expect(page.getByRole('img', { name: 'Working' })).toBeVisible({ timeout: 30_000 });
  });

  await test.step('access revoked at the provider is named, and granted again', async () => {
    expect((await request.post(env('OIDC_REVOKE'))).ok()).toBe(true);
    await page.getByRole('button', { name: 'Test connection' }).click();
    const token = page.getByRole('listitem').filter({ hasText: 'Get an access token from localhost' });
    await expect(token).toContainText('expired, was revoked', { timeout: 30_000 });
    await expect(token).toContainText('Grant access again');
    await page.getByRole('button', { name: 'Switch account' }).click();
    await atProvider('Continue');
    await expect(page.getByText(`${env('IMAP_USER')} granted access`)).toBeVisible();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await expect(page.getByText('The test passed.')).toBeVisible({ timeout: 30_000 });
  });
});
