// A code that is in no picture, at the real server: a Data Matrix drawn as a table is read, shown and known as a link.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { AT_THE_SERVER, env, signIn } from './environment';
import { deliver } from './lmtp';

test.use(AT_THE_SERVER);

/** Written by Zint: one character for each module. */
const MODULES = '../crates/mailcase-evidence/tests/fixtures/codes/data-matrix.txt';
const SAYS = 'hxxps[://]evil[.]example/login?id=4711';

async function drawn(): Promise<string[]> {
  const rows = (await readFile(MODULES, 'utf8')).trim().split('\n');
  const cell = (module: string) => `<td bgcolor=${module === '#' ? 'black' : 'white'} width=6 height=6>`;
  return [
    '<p>Scan this with your telephone to keep your mailbox.</p>',
    '<table cellspacing=0 cellpadding=0>',
    ...rows.map((row) => `<tr>${Array.from(row, cell).join('\r\n')}`),
    '</table>',
  ];
}

test('what a drawn code says is shown, and where it is', async ({ page }) => {
  const mark = randomUUID().slice(0, 8);
  const subject = `Scan ${mark}`;
  const head = [
    'From: Mallory <mallory@example.org>',
    `To: <${env('IMAP_USER')}>`,
    `Subject: ${subject}`,
    `Message-ID: <${mark}@example.org>`,
    'MIME-Version: 1.0',
    'Content-Type: text/html; charset=utf-8',
    '',
  ];
  await signIn(page);
  await deliver(Number(env('LMTP_PORT')), env('IMAP_USER'), [...head, ...(await drawn()), ''].join('\r\n'));
  await page.goto('/inbox');
  await page.getByRole('link', { name: subject, exact: true }).click({ timeout: 30_000 });
  await page.getByRole('tab', { name: '1 code', exact: true }).click();
  const codes = page.getByRole('list', { name: 'Codes' });
  await expect(codes).toContainText(SAYS);
  await expect(codes).toContainText('Data Matrix in text/html');
  await page.getByRole('tab', { name: /Indicators/ }).click();
  await expect(page.getByRole('listitem', { name: `URL ${SAYS}`, exact: true })).toBeVisible();
});
