// Stored messages looked at again: what is worth it, progress, the end of it, and what it changed.
import { announce, problem } from './mock/api';
import * as data from './mock/data';
import * as keys from './mock/keys';
import { expect, test } from './mock/test';

const path = '/settings/reexamination';

test('is begun, followed live, and cancelled', async ({ page, answers }) => {
  answers['POST /reexaminations'] = { status: 201, body: keys.running };
  answers[`POST /reexaminations/${keys.running.id}/cancel`] = { body: keys.running };
  await page.goto(path);
  await expect(page.getByText('312 · Messages an older parser looked at')).toBeVisible();
  const asked = page.waitForRequest((request) => request.method() === 'POST');
  answers['GET /reexaminations'] = { body: keys.underWay };
  await page.getByRole('button', { name: 'Look again: Messages that need a key' }).click();
  expect((await asked).postDataJSON()).toEqual({ scope: 'needs_key' });
  const underWay = page.getByRole('region', { name: 'Under way' });
  await expect(underWay.getByRole('status')).toContainText('3 of 12 looked at');
  await expect(underWay.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '25');
  await expect(page.getByRole('button', { name: /^Look again/ }).first()).toBeDisabled();
  const further = { ...keys.running, examined: 9 };
  answers['GET /reexaminations'] = {
    body: { ...keys.underWay, items: [further, ...keys.reexaminations.items] },
  };
  await announce(page, 'reexamination_changed', { reexamination: keys.running.id });
  await expect(underWay.getByRole('status')).toContainText('9 of 12 looked at');
  const cancelled = { ...further, state: 'cancelled' as const, ended_at: data.minutesAgo(0) };
  answers['GET /reexaminations'] = {
    body: { ...keys.underWay, items: [cancelled, ...keys.reexaminations.items] },
  };
  await underWay.getByRole('button', { name: 'Cancel' }).click();
  await expect(underWay).toHaveCount(0);
  await expect(page.getByRole('row', { name: /Cancelled/ }).first()).toContainText('9');
  await expect(page.getByRole('button', { name: /^Look again/ }).first()).toBeEnabled();
});

test('shows what it changed and leads to the messages', async ({ page }) => {
  await page.goto(path);
  await page.getByRole('link', { name: 'Messages an older parser looked at' }).click();
  await expect(page.getByText('934 indicators found, 12 no longer there')).toBeVisible();
  await expect(
    page.getByText('1 message could not be looked at and keeps the evidence it has'),
  ).toBeVisible();
  const table = page.getByRole('table', { name: 'Changed messages' });
  await expect(table).toContainText('1 thing opened that could not be read');
  await expect(table).toContainText('Could not be looked at: the raw bytes cannot be read');
  await expect(page.getByText('The first 3 of 213 are listed.')).toBeVisible();
  await table.getByRole('link', { name: /Your invoice/ }).click();
  await expect(page).toHaveURL(/\/inbox\//);
  await page.goBack();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { level: 1, name: 'Re-examination' })).toBeVisible();
});

test('leads to the messages that need a key', async ({ page }) => {
  await page.goto(path);
  const asked = page.waitForRequest((request) => request.url().includes('needs_key=true'));
  await page.getByRole('link', { name: 'Show them' }).click();
  await asked;
});

test('says that one is under way already', async ({ page, answers }) => {
  answers['POST /reexaminations'] = problem(409, 'conflict', 'a re-examination is under way');
  await page.goto(path);
  await page.getByRole('button', { name: 'Look again: Every message' }).click();
  await expect(page.getByText('a re-examination is under way')).toBeVisible();
});

test('can be looked at by those who may not begin one', async ({ page, answers }) => {
  answers['GET /session'] = { body: { ...data.me, permissions: ['read_desk'] } };
  answers['GET /reexaminations'] = { body: keys.underWay };
  await page.goto(path);
  await expect(page.getByRole('progressbar')).toBeVisible();
  await expect(page.getByRole('button', { name: /Look again|Cancel/ })).toHaveCount(0);
});
