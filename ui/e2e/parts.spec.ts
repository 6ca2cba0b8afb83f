// The parts of a message: the tree by mouse and keyboard, what is known of each, texts in other charsets, what is locked.
import type { Locator, Page } from '@playwright/test';
import { problem } from './mock/api';
import { complete, everything } from './mock/evidence';
import { expect, test } from './mock/test';

const path = `/inbox/${complete.summary.id}`;
const item = (page: Page, name: RegExp | string) => page.getByRole('treeitem', { name });
const details = (page: Page): Locator => page.getByRole('article', { name: 'The chosen part' });

test('the tree is walked with the keyboard and opens what is chosen', async ({ page }) => {
  await page.goto(`${path}?tab=parts`);
  const root = item(page, /multipart\/mixed/);
  await root.focus();
  await page.keyboard.press('ArrowDown');
  await expect(item(page, /smime\.p7m/)).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(item(page, /smime\.p7m/)).toHaveAttribute('aria-expanded', 'false');
  await page.keyboard.press('ArrowRight');
  await expect(item(page, /smime\.p7m/)).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowLeft');
  await expect(item(page, /smime\.p7m/)).toBeFocused();
  await page.keyboard.press('End');
  await expect(item(page, /scan\.png/)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(item(page, /scan\.png/)).toHaveAttribute('aria-selected', 'true');
  await expect(details(page).getByRole('heading', { level: 2 })).toHaveText('scan.png');
  await expect(page).toHaveURL(/part=%2F4/);
  await page.keyboard.press('Home');
  await expect(root).toBeFocused();
  await expect(page.locator('[role=treeitem][tabindex="0"]'), 'Tab stops once').toHaveCount(1);
});

test('each row says what the part is and what is amiss', async ({ page }) => {
  await page.goto(`${path}?tab=parts`);
  await expect(item(page, /smime\.p7m/)).toContainText('S/MIME signed');
  await expect(item(page, /smime\.p7m/)).toContainText('Intact, but weak: Petra Lind');
  await expect(item(page, /FW invoice/)).toContainText('Outlook message');
  await expect(item(page, /contract/)).toContainText('needs key');
  await expect(item(page, /scan\.png/)).toContainText('really image/png');
  await expect(item(page, /scan\.png/)).toContainText('Broken');
  const invoice = item(page, /invoice-2026/);
  await expect(invoice).toContainText('needs password');
  await expect(invoice).toContainText('really application/zip');
  await invoice.getByText('2 defects').click();
  await expect(details(page)).toContainText('bad_checksum');
  await expect(page.locator(':focus')).toContainText('bad_checksum');
});

test('a part shows its hashes, signer, facts, envelope and headers', async ({ page }) => {
  await page.goto(`${path}?tab=parts&part=/1`);
  const signature = details(page).getByRole('table', { name: 'Signature of Petra Lind' });
  await expect(signature).toContainText('Northwind Mail CA 2');
  await expect(signature).toContainText('9f86d081');
  await expect(signature).toContainText('RSA with SHA-1, which can be forged');
  await expect(details(page)).toContainText('3:a+JraNvsgzsVqSwHq9:tJuOgzsko');
  await expect(details(page)).toContainText(everything.root.children[0]?.hashes?.sha256 ?? 'no hash');
  await item(page, /FW invoice/).click();
  await expect(details(page).getByRole('table', { name: 'Envelope' })).toContainText(
    'collect@elsewhere.example',
  );
  await details(page).getByRole('button', { name: 'Show all 15' }).click();
  await expect(details(page).getByRole('table', { name: 'Facts' })).toContainText('Category 14');
  await details(page).getByRole('button', { name: 'Show 3 headers' }).click();
  const headers = details(page).getByRole('table', { name: 'Headers' });
  await expect(headers).toContainText('Счёт № 2026-0417');
  await details(page).getByText('Raw', { exact: true }).click();
  await expect(headers).toContainText('=?utf-8?B?');
});

test('the bytes of a part are downloaded decoded and as they stand', async ({ page }) => {
  await page.goto(`${path}?tab=parts&part=/2/2`);
  const base = `/api/v1/messages/${complete.summary.id}/parts/content?path=%2F2%2F2`;
  await expect(details(page).getByRole('link', { name: 'Download content' })).toHaveAttribute('href', base);
  const original = details(page).getByRole('link', { name: 'As it stands in the message' });
  await expect(original).toHaveAttribute('href', `${base}&form=original`);
  // Of what was only listed there are no bytes.
  await item(page, /invoice\.exe/).click();
  await expect(details(page).getByRole('heading', { level: 2 })).toHaveText('invoice.exe');
  await expect(details(page).getByRole('link')).toHaveCount(0);
  // A multipart carries nothing of its own, but stands in the message.
  await item(page, /multipart\/alternative/).click();
  await expect(details(page).getByRole('link', { name: 'Download content' })).toHaveCount(0);
  await expect(details(page).getByRole('link', { name: 'As it stands in the message' })).toBeVisible();
});

test('a text is read in another charset', async ({ page, answers }) => {
  await page.goto(`${path}?tab=parts&part=/1/1`);
  await expect(details(page).getByText('Оплатите счёт сегодня.')).toBeVisible();
  await expect(details(page).getByRole('status')).toContainText(
    'windows-1251: the bytes look like it. Doubtful',
  );
  const asked = page.waitForRequest((request) => request.url().includes('charset=koi8-r'));
  await page.getByRole('combobox', { name: 'Charset' }).fill('koi8-r');
  await page.getByRole('option', { name: 'koi8-r' }).click();
  expect(new URL((await asked).url()).searchParams.get('path')).toBe('/1/1');
  await expect(details(page).getByText('нОКЮРХРЕ')).toBeVisible();
  await expect(details(page).getByRole('status')).toHaveText('Read as koi8-r, as you asked.');
  answers[`GET /messages/${complete.summary.id}/parts/text`] = problem(
    503,
    'blobs',
    'the blobs do not answer',
  );
  await page.getByRole('combobox', { name: 'Charset' }).fill('big5');
  await page.getByRole('option', { name: 'big5' }).click();
  await expect(details(page).getByRole('alert')).toContainText('the blobs do not answer');
});

test('a part is looked at alone, and Esc closes that first', async ({ page }) => {
  await page.goto(`${path}?tab=parts&part=/2`);
  await page.getByRole('button', { name: 'Look at it alone' }).click();
  const alone = page.getByRole('dialog');
  await expect(alone.getByRole('table', { name: 'Envelope' })).toContainText('billing@pay.example');
  await alone.getByRole('tab', { name: /Parts/ }).click();
  await expect(alone.getByRole('treeitem', { name: /FW invoice/ })).toBeVisible();
  await expect(alone.getByRole('link', { name: 'Download content' })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(alone).toBeHidden();
  await expect(item(page, /FW invoice/)).toBeVisible();
  await expect(page).not.toHaveURL(/alone=/);
});

test('what could not be read is said above the message and leads to its part', async ({ page }) => {
  await page.goto(path);
  const wanting = page.getByRole('alert').filter({ hasText: '1 part needs a key' });
  await expect(wanting).toContainText('CN=Northwind Mail CA 2, serial number 04A1B2C3D4');
  const banner = page.getByRole('alert').filter({ hasText: '1 part could not be read in full' });
  await expect(banner).toContainText('needs password');
  await expect(banner).toContainText('a file grows too much when unpacked');
  await expect(banner).not.toContainText('the checksum of a file does not fit');
  await wanting.getByRole('button', { name: 'contract.p7m' }).click();
  await expect(page.getByRole('tab', { name: /Parts/ })).toHaveAttribute('aria-selected', 'true');
  await expect(details(page)).toContainText('Needs a key');
  await expect(details(page)).toContainText('CN=Northwind Mail CA 1, serial number 77');
});

test('a message that was read whole has no such banner', async ({ page, answers }) => {
  const root = { ...everything.root, children: everything.root.children.slice(0, 1) };
  answers[`GET /messages/${complete.summary.id}`] = {
    body: { ...complete, evidence: { ...everything, root } },
  };
  await page.goto(`${path}?tab=parts`);
  await expect(item(page, /smime\.p7m/)).toBeVisible();
  await expect(page.getByText('could not be read in full')).toHaveCount(0);
  await expect(page.getByText('needs a key')).toHaveCount(0);
  await expect(page.getByText('The message is not well-formed')).toBeVisible();
});

test('above the headers stands what speaks for and against the sender', async ({ page }) => {
  await page.goto(`${path}?tab=headers`);
  await expect(page.getByText('answers go to elsewhere.example')).toBeVisible();
  const claims = page.getByRole('table', { name: 'Authentication' });
  const own = claims.getByRole('row').filter({ hasText: 'your server' });
  await expect(own).toContainText('mx1.northwind.example');
  await expect(own.getByText('dkim pass')).toBeVisible();
  await own.getByText('spf softfail').hover();
  await expect(page.getByRole('tooltip')).toContainText('192.0.2.25 is not among the permitted senders');
  await expect(claims.getByRole('row').nth(1)).toContainText('step 1 of the ARC chain');
  const hops = page.getByRole('table', { name: 'Path of the message' });
  await expect(hops.getByRole('row').nth(1)).toContainText('from outside');
  await expect(hops.getByRole('row').nth(1)).toContainText('3 min');
  await expect(hops.getByRole('row').nth(2)).not.toContainText('from outside');
});

test('headers are found, shown raw and copied as they stand', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`${path}?tab=headers`);
  const table = page.getByRole('table', { name: 'Headers' });
  await page.getByRole('textbox', { name: 'Find in the headers' }).fill('spam');
  await expect(table.getByRole('row')).toHaveCount(2);
  await expect(page.getByRole('status').filter({ hasText: '2 of 9' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(table.getByRole('row')).toHaveCount(9);
  await expect(page, 'Esc was meant for the field').toHaveURL(/tab=headers/);
  await page.getByText('Raw', { exact: true }).click();
  await expect(table).toContainText('=?utf-8?Q?Petra_Lind?=');
  await page.getByRole('button', { name: 'Copy all headers, raw' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^Received: from mail\.northwind\.example[\s\S]*X-Spam-Report: none\r?\n\tat all$/);
});

test('the text says how it was read and leads to where it can be read otherwise', async ({
  page,
  answers,
}) => {
  answers[`GET /messages/${complete.summary.id}`] = {
    body: { ...complete, evidence: { ...everything, text: { ...everything.text, path: '/1/1' } } },
  };
  await page.goto(`${path}?tab=text`);
  await expect(page.getByText('windows-1251: the bytes look like it. Doubtful')).toBeVisible();
  await page.getByRole('button', { name: 'Read in another charset' }).click();
  await expect(details(page).getByRole('combobox', { name: 'Charset' })).toBeVisible();
  await expect(page).toHaveURL(/part=%2F1%2F1/);
});
