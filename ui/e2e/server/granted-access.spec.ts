// The same mailbox by access a person grants at a real OpenID provider.
import { expect, test } from '@playwright/test';
import { AT_THE_SERVER, choose, env, signIn } from './environment';

test.use(AT_THE_SERVER);

test('a person grants access at the provider, and it can be revoked there', async ({ page, request }) => {
  test.setTimeout(120_000);
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
    await choose(page, 'Sign-in', 'OAuth (OAUTHBEARER)');
    await choose(page, 'Access token', 'From another provider');
    await choose(page, 'Sign in as', 'A person who grants access');
    await page.getByRole('textbox', { name: 'URL for signing in' }).fill(`${env('OIDC_URL')}/authorize`);
    await page.getByRole('textbox', { name: 'URL for tokens' }).fill(`${env('OIDC_URL')}/token`);
    await page
      .getByRole('textbox', { name: 'Scope' })
      .fill('openid profile offline_access https://outlook.office365.com/IMAP.AccessAsUser.All');
    await page.getByRole('textbox', { name: 'Client id' }).fill(env('OIDC_CLIENT_ID'));
    await page.getByRole('textbox', { name: 'Client secret', exact: true }).fill(env('OIDC_CLIENT_SECRET'));
    // The authority is trusted; the list below is of certificates that are pinned.
    await page.getByRole('button', { name: 'Paste PEM' }).first().click();
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
