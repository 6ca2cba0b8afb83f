// Where there is little room, on a phone and beside an open message, nothing is lost that a wide screen offers.
import type { Page } from '@playwright/test';
import * as data from './mock/data';
import { pausedInTrouble, working } from './mock/states';
import { expect, test } from './mock/test';
import { SCREENS } from './views';

const [first, , automatic] = data.messages as [
  (typeof data.messages)[number],
  unknown,
  (typeof data.messages)[number],
];
const item = (page: Page, list: string, text: string) =>
  page.getByRole('list', { name: list, exact: true }).getByRole('listitem').filter({ hasText: text });

test.describe('on a phone', () => {
  test.use({ viewport: SCREENS.phone });

  test('a connector has its actions on its row, beside the way to its page', async ({ page, answers }) => {
    answers[`POST /connectors/${working.id}/deactivate`] = { body: { ...working, active: false } };
    await page.goto('/settings/connectors');
    const row = item(page, 'Connectors', 'Phishing reports');
    await row.getByRole('button', { name: 'Actions for Phishing reports' }).click();
    const asked = page.waitForRequest((request) => request.method() === 'POST');
    await page.getByRole('menuitem', { name: 'Deactivate' }).click();
    expect(new URL((await asked).url()).pathname).toBe(`/api/v1/connectors/${working.id}/deactivate`);
    await expect(page).toHaveURL(/\/settings\/connectors$/);
    await row.getByRole('link').click();
    await expect(page.getByRole('heading', { level: 1, name: 'Phishing reports' })).toBeVisible();
  });

  test('what needs attention is counted on the row of its connector', async ({ page }) => {
    await page.goto('/settings/connectors');
    await expect(item(page, 'Connectors', 'Phishing reports')).toContainText('1 needs attention');
    await expect(item(page, 'Connectors', 'Old archive')).not.toContainText('attention');
  });

  test('the error of a connector stands on its row, where nothing points at an icon', async ({
    page,
    answers,
  }) => {
    answers['GET /connectors'] = { body: { items: [...data.connectors, pausedInTrouble], next: null } };
    await page.goto('/settings/connectors');
    const text = 'the server mail.northwind.example refused the password of abuse';
    await expect(item(page, 'Connectors', 'From a file').getByText(text)).toBeVisible();
    await expect(item(page, 'Connectors', 'Branch office').getByText(text)).toBeVisible();
  });

  test('a message names its connector and leads to its case', async ({ page }) => {
    await page.goto('/inbox');
    const row = item(page, 'Messages', first.subject ?? '');
    await expect(row.getByText('Phishing reports')).toBeVisible();
    await row.getByRole('link', { name: 'Case #128' }).click();
    await expect(page).toHaveURL(new RegExp(`/cases/${first.case?.id}$`));
    await expect(page.getByRole('heading', { level: 1 })).toContainText('#128');
    await page.goBack();
    await expect(item(page, 'Messages', automatic.subject ?? '').getByRole('link')).toHaveCount(1);
    // The row opens wherever it is touched.
    await row.getByText('Phishing reports').click();
    await expect(page).toHaveURL(new RegExp(`/inbox/${first.id}`));
  });
});

test.describe('beside an open message', () => {
  const filters = `state=needs_attention&connector=${working.id}&in_case=no&automatic=yes`;
  const beside = (page: Page) => page.getByRole('region', { name: 'Messages beside the open one' });

  test('filters are told and taken away one by one', async ({ page }) => {
    await page.goto(`/inbox/${first.id}?${filters}`);
    for (const text of ['Needs attention', 'by Phishing reports', 'Without a case', 'Written by machines']) {
      await expect(beside(page).getByText(text, { exact: true }).first()).toBeVisible();
    }
    const asked = page.waitForRequest((request) => {
      const { pathname, searchParams } = new URL(request.url());
      return pathname === '/api/v1/messages' && !searchParams.has('connector') && searchParams.has('state');
    });
    await beside(page).getByRole('button', { name: 'Any connector' }).click();
    await asked;
    await expect(beside(page).getByText('by Phishing reports', { exact: true })).toHaveCount(0);
    await expect(page).toHaveURL(/inbox\/.*\?state=needs_attention&in_case=no&automatic=yes$/);
    // What is walked through stays narrowed down.
    await beside(page)
      .getByRole('link', { name: /Suspicious sign-in/ })
      .click();
    await expect(beside(page).getByRole('button', { name: 'Any state' })).toBeVisible();
  });

  test('filters are cleared at once', async ({ page }) => {
    await page.goto(`/inbox/${first.id}?q=invoice&${filters}&tab=headers`);
    await beside(page).getByRole('button', { name: 'Clear', exact: true }).click();
    await expect(page).toHaveURL(new RegExp(`/inbox/${first.id}\\?tab=headers$`));
    await expect(beside(page).getByRole('searchbox', { name: 'Search' })).toHaveValue('');
    await expect(beside(page).getByRole('button', { name: /^(Any|With|Clear)/ })).toHaveCount(0);
  });

  test('without filters nothing is there to clear', async ({ page }) => {
    await page.goto(`/inbox/${first.id}`);
    await expect(beside(page).getByRole('link', { name: /Suspicious sign-in/ })).toBeVisible();
    await expect(beside(page).getByRole('button', { name: /^(Any|With|Clear)/ })).toHaveCount(0);
  });
});
