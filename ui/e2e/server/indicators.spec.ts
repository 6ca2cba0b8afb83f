// Indicators at the real server: marked on a message, met again on the next one, searched for, given out, taken back.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, type Page, test } from '@playwright/test';
import { AT_THE_SERVER, signIn } from './environment';
import { send } from './lmtp';

test.use(AT_THE_SERVER);

const mark = randomUUID().slice(0, 8);
const evil = `pay-${mark}.example.net`;
const ours = `shop-${mark}.example.org`;
const defanged = (value: string) => value.replaceAll('.', '[.]');
const subjects = [`Refund ${mark}`, `Another refund ${mark}`];
const TIMEOUT = { timeout: 30_000 };

const lines = [
  `Your refund waits at https://${evil}/refund until tomorrow.`,
  `Our shop is at https://${ours}/ as ever.`,
];

/** Opens the indicators of a message of the inbox, once it is there. */
async function openIndicators(page: Page, subject = '') {
  await page.goto('/inbox');
  await page.getByRole('link', { name: subject, exact: true }).click(TIMEOUT);
  await page.getByRole('tab', { name: /Indicators/ }).click();
}

const row = (page: Page, name: string) => page.getByRole('listitem', { name, exact: true });

async function download(page: Page, document: string): Promise<string> {
  await page.getByRole('button', { name: 'Export' }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: document }).click();
  return readFile(await (await downloading).path(), 'utf8');
}

test('what is marked on a message is known wherever it is seen again', async ({ page }) => {
  test.setTimeout(120_000);
  const domain = `Domain ${defanged(evil)}`;
  const url = `URL hxxps[://]${defanged(evil)}/refund`;

  await test.step('one is marked malicious with a click, another own with a key', async () => {
    await signIn(page);
    await send({ subject: subjects[0] ?? '', lines });
    await openIndicators(page, subjects[0]);
    await expect(row(page, domain)).toContainText('Nowhere else');
    await row(page, domain)
      .getByRole('button', { name: /^Mark malicious/ })
      .click();
    await expect(row(page, domain)).toContainText('Malicious');
    const shop = row(page, `Domain ${defanged(ours)}`);
    await shop.getByRole('button', { name: /^Copy/ }).focus();
    await page.keyboard.press('o');
    await expect(shop).toHaveCount(0);
    await page.getByRole('button', { name: /^Own 1/ }).click();
    await expect(shop).toBeVisible();
  });

  await test.step('the next message that has them says so', async () => {
    await send({ subject: subjects[1] ?? '', lines });
    await openIndicators(page, subjects[1]);
    await expect(row(page, domain)).toContainText('Malicious');
    await expect(row(page, domain)).toContainText('1 other message, 1 case');
    await expect(page.getByRole('button', { name: /^Own 1/ })).toBeVisible();
  });

  await test.step('the search finds what is on the domain, and in how much mail it was', async () => {
    await page.getByRole('link', { name: 'Indicators', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'Indicators', level: 1 })).toBeVisible();
    await page.getByRole('searchbox', { name: 'Search' }).fill(defanged(evil));
    await expect(row(page, url)).toContainText('2 messages, 2 cases');
    await expect(row(page, domain)).toContainText('2 messages, 2 cases');
    await expect(page.getByRole('list', { name: 'Indicators' }).getByRole('listitem')).toHaveCount(2);
  });

  await test.step('what is found is given out', async () => {
    const { objects } = JSON.parse(await download(page, 'STIX 2.1 bundle')) as {
      objects: { type: string; value?: string; pattern?: string }[];
    };
    const values = objects.flatMap(({ value }) => value ?? []);
    expect(values.sort()).toEqual([`https://${evil}/refund`, evil].sort());
    const patterns = objects.flatMap(({ type, pattern }) => (type === 'indicator' ? [pattern] : []));
    expect(patterns).toEqual([`[domain-name:value = '${evil}']`]);
    const lines = (await download(page, 'CSV, defanged')).trim().split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines.find((line) => line.includes('"domain"'))).toContain(`"${defanged(evil)}"`);
    expect(await download(page, 'CSV, as they are')).toContain(`"https://${evil}/refund"`);
  });

  await test.step('it leads to the messages, and those to their cases', async () => {
    await row(page, domain).getByRole('link').click();
    for (const subject of subjects)
      await expect(page.getByRole('link', { name: subject, exact: true })).toBeVisible();
    await expect(page.getByText(`with Domain ${defanged(evil)}`)).toBeVisible();
  });

  await test.step('the list of marks has them, and takes one back everywhere', async () => {
    await page.goto('/settings/marks');
    const marks = page.getByRole('table', { name: 'Marks' });
    await expect(marks.getByRole('row', { name: defanged(ours) })).toContainText('Own');
    await page.getByRole('button', { name: `Take back ${defanged(evil)}` }).click();
    await expect(marks.getByRole('row', { name: defanged(evil) })).toHaveCount(0);
    await page.goto(`/indicators?q=${evil}`);
    await expect(row(page, domain)).not.toContainText('Malicious');
  });
});
