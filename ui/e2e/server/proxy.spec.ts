// The same mailbox through a real proxy.
import { expect, test } from '@playwright/test';
import { AT_THE_SERVER, choose, env, signIn, stepOf, testConnection, trustCertificate } from './environment';

test.use(AT_THE_SERVER);

test('a proxy in the way is told from the server behind it', async ({ page }) => {
  test.setTimeout(120_000);
  await test.step('the administrator signs in and describes mailbox and proxy', async () => {
    await signIn(page);
    await page.goto('/settings/connectors/new');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Behind the proxy');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('textbox', { name: 'Server' }).fill(`${env('IMAP_HOST')}:${env('IMAP_PORT_TLS')}`);
    await page.getByRole('textbox', { name: 'User name' }).fill(env('IMAP_USER'));
    await page.getByRole('textbox', { name: 'Password', exact: true }).fill(env('IMAP_PASSWORD'));
    await choose(page, 'Kind of proxy', 'HTTPS (TLS to the proxy)');
    await page.getByRole('textbox', { name: 'Proxy server' }).fill(env('PROXY_HOST'));
    await page.getByRole('textbox', { name: 'Proxy port' }).fill(env('PROXY_PORT_TLS'));
    await page.getByRole('textbox', { name: 'Proxy user name' }).fill(env('PROXY_USER'));
    await page.getByRole('textbox', { name: 'Proxy password' }).fill('not the password');
  });

  await test.step('its certificate is shown as the one of the proxy, and trusted for it', async () => {
    await testConnection(page, 'failed');
    await expect(page.getByText('The certificate of the proxy is not trusted')).toBeVisible();
    await expect(page.getByRole('region', { name: 'Certificate chain of the proxy' })).toBeVisible();
    await trustCertificate(page);
  });

  await test.step('it refuses the password, and says that it is the one of the proxy', async () => {
    await expect(stepOf(page, /through the proxy/)).toContainText(
      'refused the user name or password for the proxy',
    );
    await expect(stepOf(page, /through the proxy/)).toContainText('they are not those of the mailbox');
    await page.getByRole('button', { name: 'Connection', exact: true }).click();
    await page.getByRole('textbox', { name: 'Proxy password' }).fill(env('PROXY_PASSWORD'));
  });

  await test.step('behind it the server has a certificate of its own to trust', async () => {
    await testConnection(page, 'failed');
    await expect(page.getByText('The certificate is not trusted', { exact: true })).toBeVisible();
    await trustCertificate(page);
    await expect(page.getByText('The test passed.')).toBeVisible({ timeout: 30_000 });
  });

  await test.step('the connector works', async () => {
    await page.getByRole('button', { name: 'Create connector' }).click();
    await expect(page.getByRole('heading', { name: 'Behind the proxy', level: 1 })).toBeVisible();
    await expect(page.getByRole('img', { name: 'Working' })).toBeVisible({ timeout: 30_000 });
  });
});
