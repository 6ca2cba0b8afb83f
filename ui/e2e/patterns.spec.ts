// Patterns: listed, begun with a ready-made one, tried on stored mail, corrected, saved, deleted; and what they found.

import { wrongFields } from './mock/api';
import * as data from './mock/data';
import * as patterns from './mock/patterns';
import { expect, test } from './mock/test';

test('the list says what each pattern looks at and what it gives', async ({ page }) => {
  await page.goto('/settings/patterns');
  const row = page
    .getByRole('table', { name: 'Patterns', exact: true })
    .getByRole('row', { name: /Ticket number/ });
  await expect(row).toContainText('Headers, Body');
  await expect(row).toContainText('Field: ticket');
  await expect(page.getByRole('row', { name: /Asset in a log/ })).toContainText('Off');
  await page.getByRole('link', { name: 'Begin with it: Visa card' }).click();
  await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toHaveValue('Visa card');
  await expect(page.getByLabel('Kind of indicator').first()).toHaveValue('Payment card');
});

test('a pattern is tried before it is saved, and what is wrong with it stands beside it', async ({
  page,
  answers,
}) => {
  const asked: unknown[] = [];
  answers['POST /patterns/trials'] = wrongFields(['expression', 'at character 1: unclosed group']);
  answers['POST /patterns'] = async (route) => {
    asked.push(route.request().postDataJSON());
    await route.fulfill({ status: 201, json: patterns.ticket });
  };
  await page.goto('/settings/patterns/new');
  await page.getByRole('button', { name: 'Try' }).click();
  await expect(page.getByText('Write an expression')).toBeVisible();
  await page.getByRole('textbox', { name: 'Expression' }).fill('(INC-\\d+');
  await page.getByRole('button', { name: 'Try' }).click();
  await expect(page.getByText('at character 1: unclosed group')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Try it' })).toContainText('correct what is marked');

  answers['POST /patterns/trials'] = { body: patterns.trial };
  await page.getByRole('textbox', { name: 'Expression' }).fill('(INC-\\d+)');
  await page.getByRole('button', { name: 'Try' }).click();
  await expect(page.getByText('Found in 1 of 3 messages; 1 too large to be tried')).toBeVisible();
  const message = page.getByRole('region', { name: 'INC-20481 is open again' });
  await expect(message).toContainText('html of part /1');
  await expect(message).toContainText('[://]tickets[.]northwind[.]example');

  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Give it a name')).toBeVisible();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Ticket number');
  await page.getByRole('textbox', { name: 'Field' }).fill('ticket');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page).toHaveURL(/\/settings\/patterns$/);
  expect(asked).toEqual([
    {
      pattern: {
        name: 'Ticket number',
        expression: '(INC-\\d+)',
        ignore_case: true,
        looks_at: ['headers', 'body'],
        gives: { as: 'field', name: 'ticket' },
      },
      active: true,
    },
  ]);
});

test('a change carries the revision it was made on', async ({ page, answers }) => {
  let sent: unknown;
  answers[`PUT /patterns/${patterns.ticket.id}`] = async (route) => {
    sent = route.request().postDataJSON();
    await route.fulfill({ json: patterns.ticket });
  };
  await page.goto('/settings/patterns');
  await page.getByRole('link', { name: 'Ticket number' }).click();
  await page.getByRole('switch', { name: 'Run over new mail' }).click({ force: true });
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page).toHaveURL(/\/settings\/patterns$/);
  expect(sent).toMatchObject({ active: false, revision: 3 });
});

test('a message shows what patterns found in it', async ({ page, answers }) => {
  const path = `/messages/${data.message.summary.id}`;
  answers[`GET ${path}`] = {
    body: {
      ...data.message,
      evidence: data.message.evidence && { ...data.message.evidence, pattern_values: patterns.values },
    },
  };
  await page.goto(`/inbox/${data.message.summary.id}?tab=indicators`);
  const found = page.getByRole('region', { name: 'Found by patterns' });
  await expect(found.getByRole('row', { name: /20481/ })).toContainText('Field: ticket');
  await expect(found.getByRole('row', { name: /20481/ })).toContainText('Subject header');
});
