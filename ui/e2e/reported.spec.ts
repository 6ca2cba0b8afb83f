// Mail about mail: the reported mail above the mail it came in, on the pages of messages and cases.
import * as data from './mock/data';
import { complete } from './mock/evidence';
import { chainedReport, copiedReport, ofCase, reportOfNothing } from './mock/reported';
import { expect, test } from './mock/test';

const id = data.message.summary.id;

test('a copied mail is told above the message and its text is shown', async ({ page, answers }) => {
  answers[`GET /messages/${id}`] = { body: copiedReport };
  await page.goto(`/inbox/${id}`);
  const reported = page.getByRole('region', { name: 'Reported mail' });
  await expect(reported).toContainText('By Petra Lind <petra.lind@northwind.example>');
  await expect(reported.getByLabel('What the reporter wrote')).toContainText('Is it real?');
  const message = reported.getByRole('listitem');
  await expect(message).toContainText('From Billing <billing@pay.example>');
  await expect(message).toContainText('Monday, January 6, 2026 9:29 AM');
  await expect(message).not.toContainText('Dear customer');
  const show = message.getByRole('button', { name: /^Show text of/ });
  await show.focus();
  await page.keyboard.press('Enter');
  await expect(message).toContainText('Dear customer');
  await expect(message.getByRole('button', { name: /^Hide text of/ })).toHaveAttribute(
    'aria-expanded',
    'true',
  );
});

test('an attached mail opens as if it had arrived by itself', async ({ page, answers }) => {
  answers[`GET /messages/${complete.summary.id}`] = { body: chainedReport };
  await page.goto(`/inbox/${complete.summary.id}`);
  const reported = page.getByRole('region', { name: 'Reported mail' });
  await expect(reported).toContainText('with KnowBe4 Phish Alert');
  await expect(reported).toContainText('Reported as phishing');
  await expect(reported).toContainText('There are more');
  const messages = reported.getByRole('list', { name: 'Reported messages' }).locator('> li');
  await expect(messages.nth(0)).toContainText('Passed on');
  await expect(messages.nth(0)).toContainText('mx.northwind.example found');
  await expect(messages.nth(0).getByLabel('spf=softfail, smtp.mailfrom=pay.example')).toBeVisible();
  await expect(messages.nth(0)).toContainText('answers go to pay.example');
  await expect(messages.nth(1).getByLabel('Before you believe it')).toHaveCount(0);
  await expect(messages.nth(1)).toContainText('Original');
  await expect(messages.nth(2)).toContainText('Perhaps an answer');
  await messages
    .nth(0)
    .getByRole('button', { name: /^Open FW/ })
    .click();
  await expect(page.getByRole('dialog')).toContainText('Part /2, as if it had arrived by itself');
  await expect(page).toHaveURL(/alone=%2F2/);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await messages
    .nth(1)
    .getByRole('button', { name: /^Show part/ })
    .click();
  await expect(page.getByRole('tab', { name: /Parts/ })).toHaveAttribute('aria-selected', 'true');
  await expect(page).toHaveURL(/part=%2F2%2F1%2F1/);
});

test('a report may not hold what it is about, and other mail reports nothing', async ({ page, answers }) => {
  await page.goto(`/inbox/${id}`);
  await expect(page.getByRole('tab', { name: 'Preview' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Reported mail' })).toBeHidden();
  answers[`GET /messages/${id}`] = { body: reportOfNothing };
  await page.reload();
  await expect(page.getByText('The mail that was reported is not in the report.')).toBeVisible();
});

test('a case shows what its messages report, and goes on when there is more', async ({ page, answers }) => {
  const aCase = `/cases/${data.caseDetail.summary.id}`;
  await page.goto(aCase);
  await expect(page.getByRole('tab', { name: /Messages/ })).toBeVisible();
  await expect(page.getByRole('region', { name: /^Reported mail/ })).toHaveCount(0);
  answers[`GET ${aCase}/reports`] = (route) => {
    const further = new URL(route.request().url()).searchParams.get('cursor');
    return route.fulfill({
      json: further ? { items: ofCase.slice(1), next: null } : { items: ofCase.slice(0, 1), next: 'further' },
    });
  };
  await page.reload();
  const first = page.getByRole('region', { name: 'Reported mail 1' });
  await expect(first).toContainText('Your invoice 2026-0417 is overdue');
  await page.getByRole('button', { name: 'Show further reports' }).click();
  const second = page.getByRole('region', { name: 'Reported mail 2' });
  await expect(second).toContainText('with KnowBe4 Phish Alert');
  await expect(page.getByRole('button', { name: 'Show further reports' })).toHaveCount(0);
  await second.getByRole('button', { name: /^Open FW/ }).click();
  await expect(page).toHaveURL(new RegExp(`/inbox/${complete.summary.id}\\?alone=%2F2`));
  await page.goBack();
  await page
    .getByRole('link', { name: data.message.summary.subject ?? '' })
    .first()
    .click();
  await expect(page).toHaveURL(new RegExp(`/inbox/${id}`));
});
