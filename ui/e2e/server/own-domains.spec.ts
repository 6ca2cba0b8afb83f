// Own domains at the real server: named once, and whoever imitates them is marked.
import { randomUUID } from 'node:crypto';
import { expect, test } from '@playwright/test';
import { AT_THE_SERVER, signIn } from './environment';
import { send } from './lmtp';

test.use(AT_THE_SERVER);

const mark = randomUUID().slice(0, 8);
const own = `northwind-${mark}.example`;
const imitator = `n0rthwind-${mark}.example`;
const defanged = (value: string) => value.replaceAll('.', '[.]');
const TIMEOUT = { timeout: 30_000 };

const lines = [`Your new account: https://${imitator}/login. Questions? https://intranet.${own}/help`];

test('a domain that looks like an own one is marked', async ({ page }) => {
  test.setTimeout(120_000);
  await signIn(page);

  await test.step('the own domain is named', async () => {
    await page.goto('/settings/own-domains');
    await page.getByRole('combobox', { name: 'Own domains' }).fill(own);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Kept. Mail that comes from now on is looked at with it.')).toBeVisible();
  });

  await test.step('mail of an imitator says so', async () => {
    await send({ from: `Payroll <payroll@${imitator}>`, subject: `Salary ${mark}`, lines });
    await page.goto('/inbox');
    await page.getByRole('link', { name: `Salary ${mark}` }).click(TIMEOUT);
    const imitation = page.getByRole('alert').filter({ hasText: 'Looks like yours' });
    await expect(imitation).toContainText(`looks like your own ${own}`);
    await page.getByRole('tab', { name: 'Headers' }).click();
    const alert = page.getByRole('alert').filter({ hasText: 'Before you believe the sender' });
    await expect(alert).toContainText(`looks like your own ${own}`);
  });

  await test.step('what is at and below the own domain is own among indicators, the imitation is not', async () => {
    await page.getByRole('tab', { name: /Indicators/ }).click();
    await expect(page.getByRole('listitem', { name: `Domain ${defanged(imitator)}` })).toBeVisible();
    const host = page.getByRole('listitem', { name: `Domain intranet[.]${defanged(own)}` });
    await expect(host).toHaveCount(0);
    await page.getByRole('button', { name: /^Own 2/ }).click();
    await expect(host).toContainText('Own');
  });

  await test.step('the list of marks shows it, and leads to where it is named', async () => {
    await page.goto('/settings/marks?mark=own');
    const row = page.getByRole('table', { name: 'Marks' }).getByRole('row', { name: defanged(own) });
    await row.getByRole('link', { name: 'Own domains' }).click();
    await page.getByRole('combobox', { name: 'Own domains' }).press('Backspace');
    await expect(page.getByText(own, { exact: true })).toHaveCount(0);
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Kept. Mail that comes from now on is looked at with it.')).toBeVisible();
    await page.goto(`/indicators?q=intranet.${own}&kind=domain`);
    const main = page.getByRole('main');
    await expect(main).toContainText('1 found');
    await expect(main).toContainText(`intranet[.]${defanged(own)}`);
    await expect(main.getByText('Own', { exact: true })).toHaveCount(0);
  });
});
