// The whole way against the real server and a real mailbox: set-up, connector, certificate, mail, case.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { ADMINISTRATOR, AT_THE_SERVER, env } from './environment';
import { deliver } from './lmtp';

test.use(AT_THE_SERVER);

const mark = randomUUID().slice(0, 8);
const subject = `Invoice ${mark} looks odd`;
const text = `Please have a look at invoice ${mark}.`;
const mail = [
  'From: Petra Lind <petra@example.org>',
  `To: <${env('IMAP_USER')}>`,
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
    await page.getByLabel('Your name').fill(ADMINISTRATOR.name);
    await page.getByLabel('User name').fill(ADMINISTRATOR.user);
    await page.getByRole('textbox', { name: 'Password', exact: true }).fill(ADMINISTRATOR.password);
    await page.getByRole('textbox', { name: 'Password again' }).fill(ADMINISTRATOR.password);
    await page.getByRole('button', { name: 'Create organization' }).click();
    await expect(page.getByRole('heading', { name: 'Connectors', level: 1 })).toBeVisible();
    await expect(page.getByRole('status', { name: 'Live updates: Live' })).toBeVisible();
  });

  await test.step('the connection is described', async () => {
    await page.getByRole('link', { name: 'New connector' }).first().click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Phishing reports');
    const active = page.getByRole('switch', { name: 'Active' });
    await expect(active).toBeChecked();
    await active.uncheck();
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
    await expect(page.getByRole('img', { name: 'Paused' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Poll now' })).toBeDisabled();
  });

  await test.step('it is activated from the table, and works', async () => {
    await page.getByRole('main').getByRole('link', { name: 'Connectors', exact: true }).click();
    const row = page
      .getByRole('table', { name: 'Connectors' })
      .getByRole('row', { name: 'Phishing reports' });
    await expect(row.getByRole('img', { name: 'Paused' })).toBeVisible();
    await row.getByRole('button', { name: 'Actions for Phishing reports' }).click();
    await page.getByRole('menuitem', { name: 'Activate' }).click();
    await expect(page.getByText('Phishing reports was activated')).toBeVisible();
    await expect(row.getByRole('img', { name: 'Working' })).toBeVisible({ timeout: 30_000 });
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
