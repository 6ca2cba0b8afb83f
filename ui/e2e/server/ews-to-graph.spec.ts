// A mailbox of Exchange Online goes from Exchange Web Services to Microsoft Graph and back, while mail keeps coming.
import { randomUUID } from 'node:crypto';
import { expect, type Page, test } from '@playwright/test';
import {
  AT_THE_SERVER,
  choose,
  env,
  sendToMicrosoft,
  signIn,
  testConnection,
  trustCertificate,
} from './environment';

test.use(AT_THE_SERVER);

const name = 'Abuse mailbox';

async function mailBecomesOneCase(page: Page, subject: string) {
  await sendToMicrosoft(env('MICROSOFT_MOVING_MAILBOX'), subject);
  await page.goto('/settings/connectors');
  await page.getByRole('link', { name }).first().click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Poll now' }).click();
  await expect(page.getByText('looks for mail now').first()).toBeVisible();
  await page.goto(`/cases?q=${encodeURIComponent(subject)}`);
  await expect(page.getByRole('link', { name: subject })).toHaveCount(1, { timeout: 30_000 });
}

test('a connector goes from EWS to Graph and back', async ({ page }) => {
  test.setTimeout(180_000);
  const mark = randomUUID().slice(0, 8);
  const fillApplication = async () => {
    await page.getByRole('textbox', { name: 'Tenant', exact: true }).fill(env('MICROSOFT_TENANT'));
    await page.getByRole('textbox', { name: 'Client id', exact: true }).fill(env('MICROSOFT_CLIENT_ID'));
    await page
      .getByRole('textbox', { name: 'Client secret', exact: true })
      .fill(env('MICROSOFT_CLIENT_SECRET'));
  };

  await test.step('the mailbox is watched by EWS', async () => {
    await signIn(page);
    await page.goto('/settings/connectors/new');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
    await choose(page, 'Type', 'Exchange (EWS)');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('textbox', { name: 'Mailbox', exact: true }).fill(env('MICROSOFT_MOVING_MAILBOX'));
    await choose(page, 'Sign-in', 'OAuth');
    await fillApplication();
    await choose(page, 'Kind of proxy', 'HTTP');
    await page.getByRole('textbox', { name: 'Proxy server' }).fill('127.0.0.1');
    await page.getByRole('textbox', { name: 'Proxy port' }).fill(env('MICROSOFT_PROXY_PORT'));
    await testConnection(page, 'failed');
    await trustCertificate(page);
    await trustCertificate(page);
    await expect(page.getByText('The test passed.')).toBeVisible({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Create connector' }).click();
    await expect(page.getByRole('img', { name: 'Working' })).toBeVisible({ timeout: 30_000 });
    await mailBecomesOneCase(page, `By EWS ${mark}`);
  });

  await test.step('its page says that EWS ends, and leads to the other source, which is tested', async () => {
    await page.goto('/settings/connectors');
    await page.getByRole('link', { name }).first().click();
    await expect(page.getByText(/1 April 2027/).first()).toBeVisible();
    await page.getByRole('link', { name: 'Migrate to Microsoft 365', exact: true }).click();
    await expect(page.getByText('Mail.ReadWrite').first()).toBeVisible();
    await expect(page.getByRole('textbox', { name: 'Mailbox', exact: true })).toHaveValue(
      env('MICROSOFT_MOVING_MAILBOX'),
    );
    await fillApplication();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await trustCertificate(page);
    await trustCertificate(page);
    await expect(page.getByText('The test passed.')).toBeVisible({ timeout: 30_000 });
  });

  await test.step('both see the same messages side by side', async () => {
    await page.getByRole('button', { name: 'Run side by side' }).click();
    await page.getByRole('button', { name: 'Compare now' }).click();
    await expect(page.getByText(/Both see the same 1 message/)).toBeVisible({ timeout: 60_000 });
  });

  await test.step('it goes on by Graph', async () => {
    await page.getByRole('button', { name: 'Switch to Microsoft 365' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Switch' }).click();
    await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible({ timeout: 60_000 });
    await mailBecomesOneCase(page, `By Graph ${mark}`);
    await page.goto(`/cases?q=${mark}`);
    await expect(page.getByRole('link', { name: `By EWS ${mark}` })).toHaveCount(1);
  });

  await test.step('and back by EWS, with nothing twice', async () => {
    await page.goto('/settings/connectors');
    await page.getByRole('link', { name }).first().click();
    await page.getByRole('link', { name: 'Undo or keep', exact: true }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).click();
    await expect(page.getByRole('button', { name: 'Compare now' })).toBeVisible({ timeout: 60_000 });
    await mailBecomesOneCase(page, `By EWS again ${mark}`);
    await page.goto(`/cases?q=${mark}`);
    for (const subject of [`By EWS ${mark}`, `By Graph ${mark}`, `By EWS again ${mark}`]) {
      await expect(page.getByRole('link', { name: subject, exact: true })).toHaveCount(1);
    }
  });
});
