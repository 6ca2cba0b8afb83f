// A mailbox of Microsoft 365: everything that can be set up wrongly there is named with its remedy, and then it works.
import { randomUUID } from 'node:crypto';
import { expect, test } from '@playwright/test';
import {
  AT_THE_SERVER,
  choose,
  env,
  sendToMicrosoft,
  signIn,
  stepOf,
  testConnection,
  trustCertificate,
} from './environment';

test.use(AT_THE_SERVER);

test('what Microsoft refuses is explained, and mended step by step', async ({ page }) => {
  test.setTimeout(120_000);
  const name = 'Microsoft 365';
  const subject = `Urgent wire transfer ${randomUUID().slice(0, 8)}`;
  const mend = async (fields: Record<string, string>) => {
    await page.getByRole('button', { name: 'Connection', exact: true }).click();
    for (const [field, value] of Object.entries(fields)) {
      await page.getByRole('textbox', { name: field, exact: true }).fill(value);
    }
  };
  const explains = async (title: RegExp, ...texts: (string | RegExp)[]) => {
    for (const text of texts) await expect(stepOf(page, title)).toContainText(text);
  };
  const token = /Get an access token/;

  await test.step('everything is wrong', async () => {
    await signIn(page);
    await page.goto('/settings/connectors/new');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
    await choose(page, 'Type', 'Microsoft 365');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('textbox', { name: 'Mailbox', exact: true }).fill('nobody@example.org');
    await page.getByRole('textbox', { name: 'Tenant', exact: true }).fill('elsewhere.example.org');
    await page.getByRole('textbox', { name: 'Client id', exact: true }).fill('0a1b2c3d-unknown');
    await page.getByRole('textbox', { name: 'Client secret', exact: true }).fill('not the secret');
    await choose(page, 'Kind of proxy', 'HTTP');
    await page.getByRole('textbox', { name: 'Proxy server' }).fill('127.0.0.1');
    await page.getByRole('textbox', { name: 'Proxy port' }).fill(env('MICROSOFT_PROXY_PORT'));
  });

  await test.step('whoever answers for Microsoft is not trusted', async () => {
    await testConnection(page, 'failed');
    await expect(page.getByText('The certificate is not trusted', { exact: true })).toBeVisible();
    await trustCertificate(page);
    await trustCertificate(page);
  });

  await test.step('the tenant is wrong', async () => {
    await explains(token, 'AADSTS90002', 'tenant');
    await mend({ Tenant: env('MICROSOFT_TENANT') });
    await testConnection(page, 'failed');
  });

  await test.step('the application is not registered', async () => {
    await explains(token, 'AADSTS700016', 'Check client id and tenant');
    await mend({ 'Client id': env('MICROSOFT_CLIENT_ID') });
    await testConnection(page, 'failed');
  });

  await test.step('its secret is another', async () => {
    await explains(token, 'AADSTS7000215', 'secret');
    await mend({ 'Client secret': env('MICROSOFT_CLIENT_SECRET') });
    await testConnection(page, 'failed');
  });

  await test.step('there is no such mailbox', async () => {
    await explains(/Open the mailbox/, 'Graph knows no such mailbox', 'Exchange Online licence');
    await mend({ Mailbox: env('MICROSOFT_MAILBOX'), 'Client id': env('MICROSOFT_POWERLESS_ID') });
    await testConnection(page, 'failed');
  });

  await test.step('an application without permissions is told which ones it needs', async () => {
    await explains(/Open the mailbox/, 'Graph refused', 'Grant the application Mail.ReadWrite');
    await mend({ 'Client id': env('MICROSOFT_CLIENT_ID') });
  });

  await test.step('the test passes, and mail becomes cases', async () => {
    await testConnection(page, 'passed');
    await page.getByRole('button', { name: 'Create connector' }).click();
    await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
    await expect(page.getByRole('img', { name: 'Working' })).toBeVisible({ timeout: 30_000 });
    await sendToMicrosoft(env('MICROSOFT_MAILBOX'), subject);
    await page.getByRole('button', { name: 'Poll now' }).click();
    await page.getByRole('link', { name: 'Cases' }).click();
    await expect(page.getByRole('link', { name: subject })).toBeVisible({ timeout: 30_000 });
  });
});
