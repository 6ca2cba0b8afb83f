// Decryption keys: dropped, opened with a password, shown, kept, forgotten; on their page, a connector's, a message's.
import { writeFile } from 'node:fs/promises';
import type { Locator, Page, TestInfo } from '@playwright/test';
import { dropFiles } from './drop';
import { type Answers, announce, problem } from './mock/api';
import * as data from './mock/data';
import { complete, everything } from './mock/evidence';
import * as keys from './mock/keys';
import { expect, test } from './mock/test';

const zone = (page: Page) => page.getByTestId('drop-zone');
const card = (page: Page, file: string) => page.getByRole('region', { name: file, exact: true });
const password = (of: Locator) => of.getByRole('textbox', { name: 'Password of the file' });

/** Key files on the disk, as they would be dragged from there; what is in them the stand-in for the server says. */
function keyFiles(info: TestInfo, ...names: string[]): Promise<string[]> {
  return Promise.all(
    names.map(async (name) => {
      const file = info.outputPath(name);
      await writeFile(file, name);
      return file;
    }),
  );
}

/** Inspections that succeed with these passwords, by what is in the file. */
function opensWith(answers: Answers, passwords: Record<string, string>): string[] {
  const asked: string[] = [];
  answers['POST /keys/inspections'] = async (route) => {
    const body = route.request().postDataJSON() as { file: string; password: string };
    const name = atob(body.file);
    asked.push(`${name} ${body.password}`);
    const [status, json] =
      passwords[name] === body.password
        ? [200, { ...keys.fitting, subject: `CN=${name}`, fingerprint: name }]
        : [422, { code: 'key_wrong_password', detail: 'the password does not open this file' }];
    await route.fulfill({ status, json });
  };
  return asked;
}

test.describe('the page of keys', () => {
  test('says whom each key is for, how long, and that old ones still open old mail', async ({ page }) => {
    await page.goto('/settings/keys');
    const table = page.getByRole('table', { name: 'Keys' });
    const old = table.getByRole('row', { name: /Phishing desk until 2021/ });
    await expect(old).toContainText('2019-01-01 – 2021-01-01');
    await expect(old).toContainText('Expired, still opens old mail');
    await expect(old.getByRole('link', { name: 'Phishing reports' })).toBeVisible();
    const openpgp = table.getByRole('row', { name: /Incident response/ });
    await expect(openpgp).toContainText('OpenPGP');
    await expect(openpgp).toContainText('Whole organization');
    await expect(openpgp).toContainText('no end');
    await openpgp.getByRole('button', { name: 'Incident response', exact: true }).click();
    await expect(page.getByRole('dialog')).toContainText('7E11AA02BB03CC04');
  });

  test('files are dropped, opened with their passwords, shown and kept', async ({ page, answers }, info) => {
    const asked = opensWith(answers, { 'a.p12': 'one', 'b.p12': 'one', 'open.asc': '' });
    await page.goto('/settings/keys');
    await dropFiles(page, zone(page), await keyFiles(info, 'a.p12', 'b.p12', 'open.asc'));
    await expect(card(page, 'open.asc').getByRole('button', { name: 'Keep this key' })).toBeVisible();
    const first = card(page, 'a.p12');
    await expect(password(first)).toBeFocused();
    await page.keyboard.type('two');
    await page.keyboard.press('Enter');
    await expect(first).toContainText('This does not open the file');
    await expect(password(first)).toBeFocused();
    await page.keyboard.type('one');
    await page.keyboard.press('Enter');
    await expect(first.getByRole('table')).toContainText('04A1B2C3D4');
    await expect(first).toContainText('Nothing is kept before you press it');
    // The other file has the same password, and nobody has to type it again.
    await expect(card(page, 'b.p12').getByRole('table')).toBeVisible();
    expect(asked.filter((each) => each.startsWith('open.asc'))).toEqual(['open.asc ']);

    await first.getByRole('textbox', { name: 'Name' }).fill('Desk');
    await first.getByRole('combobox', { name: 'Opens the mail of' }).click();
    await page.getByRole('option', { name: 'Abuse' }).click();
    const kept = page.waitForRequest(
      (request) => request.method() === 'POST' && request.url().endsWith('/keys'),
    );
    answers['GET /keys'] = { body: { items: [keys.added, ...keys.kept] } };
    await first.getByRole('button', { name: 'Keep this key' }).click();
    expect((await kept).postDataJSON()).toEqual({
      name: 'Desk',
      connector_id: data.connectors[1]?.id,
      file: btoa('a.p12'),
      password: 'one',
    });
    await expect(first).toHaveCount(0);
    await expect(page.getByRole('table', { name: 'Keys' }).getByRole('row')).toHaveCount(4);
    await card(page, 'b.p12').getByRole('button', { name: 'Discard' }).click();
    await expect(card(page, 'b.p12')).toHaveCount(0);
  });

  test('a file dropped beside the zone does not replace the page', async ({ page }, info) => {
    await page.goto('/settings/keys');
    await expect(zone(page)).toBeVisible();
    // What the browser would do with the files: nothing, when the page takes the event and offers no effect.
    const seen = page.evaluate(
      () =>
        new Promise((tell) => {
          const told = (event: DragEvent) =>
            queueMicrotask(() => tell([event.defaultPrevented, event.dataTransfer?.dropEffect]));
          window.addEventListener('dragover', told, { once: true });
        }),
    );
    await dropFiles(page, page.getByRole('heading', { level: 1 }), await keyFiles(info, 'a.p12'));
    expect(await seen).toEqual([true, 'none']);
    await expect(card(page, 'a.p12')).toHaveCount(0);
  });

  for (const [code, words] of [
    ['key_not_recognized', 'The file is no key'],
    ['key_without_private_key', 'choose to export the private key as well'],
    ['key_with_several_private_keys', 'each into a file of its own'],
    ['key_without_certificate', 'together with its certificate'],
  ] as const) {
    test(`a file is refused in words: ${code}`, async ({ page, answers }) => {
      answers['POST /keys/inspections'] = problem(422, code, 'refused');
      await page.goto('/settings/keys');
      await page
        .locator('input[type=file]')
        .setInputFiles([{ name: 'a.p12', mimeType: 'application/x-pkcs12', buffer: Buffer.from('x') }]);
      await expect(card(page, 'a.p12').getByRole('alert')).toContainText(words);
      await expect(card(page, 'a.p12').getByRole('button', { name: 'Try again' })).toHaveCount(0);
    });
  }

  test('a file that is too large is not sent, one that is here already not kept twice', async ({
    page,
    answers,
  }) => {
    let sent = 0;
    answers['POST /keys/inspections'] = async (route) => {
      sent += 1;
      await route.fulfill({ json: keys.kept[0]?.facts });
    };
    await page.goto('/settings/keys');
    const file = (name: string, size: number) => ({ name, mimeType: '', buffer: Buffer.alloc(size, 'x') });
    await page
      .locator('input[type=file]')
      .setInputFiles([file('mailbox.pst', 2 ** 20 + 1), file('ir.asc', 10)]);
    await expect(card(page, 'mailbox.pst').getByRole('alert')).toContainText('larger than 1 MiB');
    const twice = card(page, 'ir.asc');
    await expect(twice).toContainText('It is here already: Incident response');
    await expect(twice.getByRole('button', { name: 'Keep this key' })).toBeDisabled();
    // For one connector alone it is another matter.
    await twice.getByRole('combobox', { name: 'Opens the mail of' }).click();
    await page.getByRole('option', { name: 'Abuse' }).click();
    await expect(twice.getByRole('button', { name: 'Keep this key' })).toBeEnabled();
    expect(sent).toBe(1);
  });

  test('a key is forgotten after a question that says what it means', async ({ page, answers }) => {
    answers[`DELETE /keys/${keys.kept[0]?.id}`] = {};
    await page.goto('/settings/keys');
    await page.getByRole('button', { name: 'Forget Incident response' }).click();
    const question = page.getByRole('dialog');
    await expect(question).toContainText('cannot be brought back');
    answers['GET /keys'] = { body: { items: [] } };
    await question.getByRole('button', { name: 'Forget key' }).click();
    await expect(page.getByText('No keys', { exact: true })).toBeVisible();
    await expect(page.getByText('Export that key with its password')).toBeVisible();
  });

  test('those who may not manage keys see them and are told who may', async ({ page, answers }) => {
    answers['GET /session'] = { body: { ...data.me, permissions: ['read_desk', 'read_connectors'] } };
    await page.goto('/settings/keys');
    await expect(page.getByRole('table', { name: 'Keys' })).toBeVisible();
    await expect(zone(page)).toHaveCount(0);
    await expect(page.getByRole('button', { name: /Forget/ })).toHaveCount(0);
    answers['GET /keys'] = { body: { items: [] } };
    await page.reload();
    await expect(page.getByText('An administrator or integration manager can add it here')).toBeVisible();
  });
});

test('a connector shows the keys that open its mail, and takes more', async ({ page, answers }, info) => {
  const path = `/settings/connectors/${data.connectors[0]?.id}`;
  answers['GET /keys'] = {
    body: {
      items: [
        ...keys.kept,
        { ...keys.added, connector: { id: data.connectors[1]?.id, name: 'Abuse' }, name: 'Of another' },
      ],
    },
  };
  await page.goto(path);
  const section = page.getByRole('region', { name: 'Keys that open its mail' });
  await expect(section.getByRole('table').getByRole('row')).toHaveCount(3);
  await expect(section).not.toContainText('Of another');
  await section.getByRole('button', { name: 'Add keys' }).click();
  await dropFiles(page, page.getByRole('dialog').getByTestId('drop-zone'), await keyFiles(info, 'a.p12'));
  const kept = page.waitForRequest(
    (request) => request.method() === 'POST' && request.url().endsWith('/keys'),
  );
  await page.getByRole('dialog').getByRole('button', { name: 'Keep this key' }).click();
  expect((await kept).postDataJSON()).toMatchObject({ connector_id: data.connectors[0]?.id });
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test.describe('a message that needs a key', () => {
  const path = `/inbox/${complete.summary.id}`;
  const banner = (page: Page) => page.getByRole('alert').filter({ hasText: '1 part needs a key' });

  test('stands out in the inbox, where it can be asked for', async ({ page }) => {
    await page.goto('/inbox');
    const row = page.getByRole('row', { name: /Contract, confidential/ });
    await expect(row).toContainText('Needs key');
    const asked = page.waitForRequest((request) => request.url().includes('needs_key=true'));
    await page.getByRole('combobox', { name: 'State' }).click();
    await page.getByRole('option', { name: 'Needs key' }).click();
    await asked;
    await expect(page).toHaveURL(/state=needs_key/);
  });

  test('is opened by a key that is dropped there, without a reload', async ({ page, answers }, info) => {
    await page.goto(path);
    await expect(banner(page)).toContainText('CN=Northwind Mail CA 2, serial number 04A1B2C3D4');
    await page.evaluate(() => document.body.setAttribute('data-not-reloaded', ''));
    await dropFiles(page, banner(page).getByTestId('drop-zone'), await keyFiles(info, 'desk.p12'));
    await expect(card(page, 'desk.p12')).toContainText('Opens this message');
    answers['GET /reexaminations'] = { body: keys.underWay };
    await page.getByRole('button', { name: 'Keep this key' }).click();
    await expect(banner(page).getByRole('status')).toContainText('3 of 12');

    const children = everything.root.children.filter(({ lock }) => lock?.needs !== 'key');
    answers[`GET /messages/${complete.summary.id}`] = {
      body: {
        ...complete,
        summary: { ...complete.summary, needs_key: false },
        evidence: { ...everything, root: { ...everything.root, children } },
      },
    };
    await announce(page, 'message_decided', { message: complete.summary.id });
    await expect(page.getByText('The message was opened with a key that arrived')).toBeVisible();
    await expect(banner(page)).toHaveCount(0);
    await expect(page.locator('body[data-not-reloaded]')).toBeAttached();
  });

  test('says so when the key is of somebody else', async ({ page, answers }) => {
    answers['POST /keys/inspections'] = { body: { ...keys.fitting, serial: '99', key_id: null } };
    await page.goto(path);
    await page
      .locator('input[type=file]')
      .setInputFiles([{ name: 'other.p12', mimeType: '', buffer: Buffer.from('x') }]);
    await expect(card(page, 'other.p12')).toContainText('Not a key of this message');
    await page.getByRole('button', { name: 'Keep this key' }).click();
    await expect(banner(page)).toContainText('does not open this message');
  });

  test('tells those who may not add keys whom to ask', async ({ page, answers }) => {
    answers['GET /session'] = { body: { ...data.me, permissions: ['read_desk', 'write_desk'] } };
    await page.goto(path);
    await expect(banner(page)).toContainText('An administrator or integration manager can add the key');
    await expect(zone(page)).toHaveCount(0);
  });
});
