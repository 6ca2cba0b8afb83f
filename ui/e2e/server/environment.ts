// The servers these tests run against, as `with_servers` names them, and the person at the screen.
import { connect } from 'node:net';
import { expect, type Page } from '@playwright/test';

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
  'MICROSOFT_PROXY_PORT',
  'MICROSOFT_TENANT',
  'MICROSOFT_CLIENT_ID',
  'MICROSOFT_CLIENT_SECRET',
  'MICROSOFT_POWERLESS_ID',
  'MICROSOFT_MAILBOX',
  'MICROSOFT_MOVING_MAILBOX',
  'MICROSOFT_DELIVERY_PORT',
] as const;
type Name = (typeof NEEDED)[number];
const missing = NEEDED.filter((name) => !process.env[name]);
if (missing.length > 0) throw new Error(`there is no server to test: set ${missing.join(', ')}`);
export const env = (name: Name) => process.env[name] ?? '';

/** For every test: the provider's certificate is signed by nobody this browser trusts. */
export const AT_THE_SERVER = { baseURL: env('MAILCASE_URL'), acceptDownloads: true, ignoreHTTPSErrors: true };

/** The administrator whom the first test makes. */
export const ADMINISTRATOR = { name: 'Ada Marsh', user: 'ada', password: 'correct horse battery' };

export async function signIn(page: Page) {
  await page.goto('/');
  await page.getByLabel('User name').fill(ADMINISTRATOR.user);
  await page.getByRole('textbox', { name: 'Password' }).fill(ADMINISTRATOR.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('link', { name: 'Cases' })).toBeVisible();
}

/** Puts a message into a mailbox of Microsoft 365, as if somebody had sent it. */
export async function sendToMicrosoft(mailbox: string, subject: string) {
  const socket = connect({ host: '127.0.0.1', port: Number(env('MICROSOFT_DELIVERY_PORT')) });
  const mail = ['From: petra@example.org', `To: ${mailbox}`, `Subject: ${subject}`, '', 'Look.', ''];
  socket.end([mailbox, ...mail].join('\r\n'));
  // The other side hangs up once the message is in the mailbox.
  for await (const _ of socket);
}

/** Picks an option of a list in a form. */
export async function choose(page: Page, field: string, option: string) {
  await page.getByRole('combobox', { name: field, exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

/** Runs the connection test of the wizard and waits for its outcome. */
export async function testConnection(page: Page, outcome: 'passed' | 'failed') {
  await page.getByRole('button', { name: 'Test & save' }).click();
  await page.getByRole('button', { name: 'Test connection' }).click();
  await expect(page.getByText(`The test ${outcome}.`)).toBeVisible({ timeout: 30_000 });
}

/** Trusts the certificate that a connection test showed; the test runs again. */
export async function trustCertificate(page: Page) {
  await page.getByRole('button', { name: 'Trust this certificate' }).click({ timeout: 30_000 });
  await page.getByRole('dialog').getByRole('button', { name: 'Trust and test again' }).click();
  await expect(page.getByText('Testing…')).toHaveCount(0, { timeout: 30_000 });
}

/** A step of the connection test, by its title. */
export const stepOf = (page: Page, title: RegExp | string) =>
  page.getByRole('list', { name: 'Steps of the test' }).getByRole('listitem').filter({ hasText: title });
