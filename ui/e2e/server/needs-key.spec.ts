// Encrypted mail at the real server: it waits for its key, the key is dropped onto it, it opens on the screen.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, type TestInfo, test } from '@playwright/test';
import { dropFiles } from '../drop';
import { AT_THE_SERVER, env, signIn } from './environment';
import { deliver } from './lmtp';

test.use(AT_THE_SERVER);

const mark = randomUUID().slice(0, 8);
const subject = `Sealed offer ${mark}`;
const secret = `Pay to the account at https://bank-${mark}.example.net/transfer today.`;
const password = 'open sesame';
const TIMEOUT = { timeout: 30_000 };

test('an encrypted mail is opened by the key that is dropped onto it', async ({ page }, info) => {
  test.setTimeout(180_000);
  const desk = await makeKey(info, 'desk');
  const other = await makeKey(info, 'other');

  await test.step('it arrives like any other, and says that it needs a key', async () => {
    await signIn(page);
    await page.goto('/inbox?state=needs_key');
    await expect(page.getByRole('status', { name: 'Live updates: Live' })).toBeVisible();
    await page.evaluate(() => document.body.setAttribute('data-not-reloaded', ''));
    await deliver(Number(env('LMTP_PORT')), env('IMAP_USER'), await encrypted(info, desk.certificate));
    const row = page.getByRole('row', { name: subject });
    await expect(row).toContainText('Needs key', TIMEOUT);
    await row.getByRole('link', { name: subject }).click();
  });

  const banner = page.getByRole('alert').filter({ hasText: 'needs a key' });
  const card = (file: string) => page.getByRole('region', { name: file, exact: true });

  await test.step('the recipient is named as the sender named it', async () => {
    await expect(banner).toContainText('CN=desk');
    await expect(banner).toContainText(`serial number ${desk.serial}`);
  });

  await test.step('a certificate without its key is refused in words', async () => {
    await dropFiles(page, banner.getByTestId('drop-zone'), [desk.certificate]);
    await expect(card('desk.pem').getByRole('alert')).toBeVisible(TIMEOUT);
    await card('desk.pem').getByRole('button', { name: 'Discard' }).click();
  });

  await test.step('keys are dropped: of one the password is mistyped, the other is of somebody else', async () => {
    await dropFiles(page, banner.getByTestId('drop-zone'), [desk.file, other.file]);
    const field = card('desk.p12').getByRole('textbox', { name: 'Password of the file' });
    await field.fill('not it');
    await card('desk.p12').getByRole('button', { name: 'Open' }).click();
    await expect(card('desk.p12')).toContainText('This does not open the file', TIMEOUT);
    await field.fill(password);
    await field.press('Enter');
    await expect(card('desk.p12')).toContainText('Opens this message', TIMEOUT);
    await expect(card('desk.p12').getByRole('table')).toContainText('desk@example.org');
    await expect(card('other.p12')).toContainText('Not a key of this message', TIMEOUT);
    await card('other.p12').getByRole('button', { name: 'Discard' }).click();
  });

  await test.step('once it is kept the message opens without a reload', async () => {
    await card('desk.p12').getByRole('button', { name: 'Keep this key' }).click();
    await expect(page.getByText('The message was opened with a key that arrived')).toBeVisible(TIMEOUT);
    await expect(banner).toHaveCount(0);
    await page.getByRole('tab', { name: 'Text' }).click();
    await expect(page.locator('pre')).toContainText(secret);
    await page.getByRole('tab', { name: /Indicators/ }).click();
    await expect(page.getByText(`bank-${mark}`).first()).toBeVisible();
    await expect(page.locator('body[data-not-reloaded]')).toBeAttached();
  });

  await test.step('what was decrypted is downloaded', async () => {
    await page.getByRole('tab', { name: /Parts/ }).click();
    await page.getByRole('treeitem', { name: /text\/plain/ }).click();
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download content' }).click();
    expect(await readFile(await (await downloading).path(), 'utf8')).toContain(secret);
  });

  await test.step('the key is listed, and kept once', async () => {
    await page.getByRole('link', { name: 'Keys', exact: true }).click();
    const row = page.getByRole('table', { name: 'Keys' }).getByRole('row', { name: /desk@example\.org/ });
    await expect(row).toContainText('Whole organization');
    await dropFiles(page, page.getByTestId('drop-zone'), [desk.file]);
    await card('desk.p12').getByRole('textbox', { name: 'Password of the file' }).fill(password);
    await page.keyboard.press('Enter');
    await expect(card('desk.p12')).toContainText('It is here already', TIMEOUT);
  });

  await test.step('the re-examination tells what it opened', async () => {
    await page.getByRole('link', { name: 'Re-examination' }).click();
    const runs = page.getByRole('table', { name: 'Re-examinations' });
    const byKey = runs.getByRole('row', { name: /A key arrived/ }).first();
    await expect(byKey).toContainText('Done', TIMEOUT);
    await byKey.getByRole('link').click();
    const changed = page.getByRole('table', { name: 'Changed messages' });
    await expect(changed.getByRole('row', { name: subject })).toContainText('1 thing opened');
    await changed.getByRole('link', { name: subject }).click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText(subject);
  });

  await test.step('every message is looked at again when asked', async () => {
    await page.goto('/settings/reexamination');
    await page.getByRole('button', { name: 'Look again: Every message' }).click();
    const row = page
      .getByRole('table', { name: 'Re-examinations' })
      .getByRole('row', { name: /Every message/ })
      .first();
    await expect(row).toContainText('Done', TIMEOUT);
    await expect(row).toContainText('Asked for by');
  });

  await test.step('a forgotten key is gone', async () => {
    await page.getByRole('link', { name: 'Keys', exact: true }).click();
    await page.getByRole('button', { name: 'Forget desk' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Forget key' }).click();
    await expect(page.getByText('No keys', { exact: true })).toBeVisible();
  });
});

const run = promisify(execFile);
const openssl = async (...options: string[]) => (await run('openssl', options)).stdout;

type Key = { file: string; certificate: string; serial: string };

/** A certificate with its key, in a file as mail programs export them. */
async function makeKey(info: TestInfo, name: string): Promise<Key> {
  const [key, certificate, file] = ['key', 'pem', 'p12'].map((ending) =>
    info.outputPath(`${name}.${ending}`),
  );
  if (!key || !certificate || !file) throw new Error('no place for the key');
  await openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-days', '30', '-keyout', key, '-out', certificate],
    ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=email:${name}@example.org`],
  );
  await openssl(
    ...['pkcs12', '-export', '-inkey', key, '-in', certificate, '-out', file, '-passout', `pass:${password}`],
  );
  const serial = (await openssl('x509', '-in', certificate, '-noout', '-serial')).trim().split('=')[1] ?? '';
  // As a number is written, without zeros in front.
  return { file, certificate, serial: serial.replace(/^(00)+/, '') };
}

/** A mail with the secret in it, encrypted to the certificate. */
async function encrypted(info: TestInfo, certificate: string): Promise<string> {
  const plain = info.outputPath('plain.eml');
  await writeFile(plain, `Content-Type: text/plain; charset=utf-8\r\n\r\n${secret}\r\n`);
  const sealed = await openssl(
    ...['cms', '-encrypt', '-aes-256-cbc', '-in', plain, '-outform', 'SMIME'],
    ...['-from', 'Petra Lind <petra@example.org>', '-to', env('IMAP_USER'), '-subject', subject, certificate],
  );
  return `Message-ID: <sealed-${mark}@example.org>\r\n${sealed.trim().replace(/\r?\n/g, '\r\n')}`;
}
