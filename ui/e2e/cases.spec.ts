// The list of cases keeps what it was narrowed down to, and the facts of a case are changed where they stand.
import type { Page } from '@playwright/test';
import type { UpdateCase } from '../src/api/types';
import type { Answers } from './mock/api';
import * as data from './mock/data';
import { expect, test } from './mock/test';

const { summary } = data.caseDetail;
const address = `/cases/${summary.id}`;
const [, jonas] = data.people as [unknown, (typeof data.people)[number]];
const NARROWED = {
  q: 'invoice',
  status: 'in_progress',
  severity: 'high',
  owner: data.me.user.id,
  tag: 'phishing',
  sort: 'severity',
  order: 'desc',
};

const parameters = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams);
const choose = async (page: Page, list: string, option: string) => {
  await page.getByRole('combobox', { name: list, exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
};

/** Keeps what is changed, as the server does. */
function letChange(answers: Answers): void {
  let now = data.caseDetail;
  answers[`GET ${address}`] = (route) => route.fulfill({ json: now });
  answers[`PATCH ${address}`] = (route) => {
    const { owner, ...plain } = route.request().postDataJSON() as UpdateCase;
    const person = data.people.find(({ id }) => id === owner) ?? null;
    const changed = {
      ...now.summary,
      ...(plain as object),
      ...(owner === undefined ? {} : { owner: person }),
    };
    now = { ...now, summary: changed };
    return route.fulfill({ json: now });
  };
}

const changing = (page: Page) =>
  page.waitForRequest((request) => request.method() === 'PATCH' && request.url().endsWith(address));

test('each filter lands in the address when it is chosen', async ({ page }) => {
  await page.goto('/cases');
  const steps: [name: keyof typeof NARROWED, act: () => Promise<void>][] = [
    ['status', () => choose(page, 'Status', 'In progress')],
    ['severity', () => choose(page, 'Severity', 'High')],
    ['owner', () => choose(page, 'Owner', 'Me')],
    [
      'tag',
      async () => {
        await page.getByRole('textbox', { name: 'Tag' }).fill('phishing');
        await page.keyboard.press('Enter');
      },
    ],
    ['q', () => page.getByRole('searchbox', { name: 'Search' }).fill('invoice')],
    ['sort', () => page.getByRole('button', { name: 'Severity', exact: true }).click()],
  ];
  for (const [name, act] of steps) {
    const asked = page.waitForRequest((request) => {
      const { pathname, searchParams } = new URL(request.url());
      return pathname === '/api/v1/cases' && searchParams.getAll(name).includes(NARROWED[name]);
    });
    await act();
    await asked;
  }
  expect(parameters(page)).toEqual(NARROWED);
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Clear', exact: true })).toHaveCount(0);
  // What they are sorted by is no filter.
  expect(parameters(page)).toEqual({ sort: 'severity', order: 'desc' });
});

test('filters and sort order survive going into a case and back', async ({ page }) => {
  const list = `/cases?${new URLSearchParams(NARROWED)}`;
  const here = () => page.getByRole('combobox', { name: 'Severity' });
  const intoTheCase = async () => {
    await page.getByRole('link', { name: summary.title, exact: true }).click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText(`#${summary.number}`);
  };
  await page.goto(list);
  await intoTheCase();
  // A look at the timeline, which has a place in the address, too.
  await page.getByRole('tab', { name: 'Timeline' }).click();
  await expect(page).toHaveURL(/tab=timeline/);
  await page.getByRole('main').getByRole('link', { name: 'Cases' }).click();
  await expect(here()).toHaveValue('High');
  expect(parameters(page)).toEqual(NARROWED);
  await expect(page.getByRole('columnheader', { name: 'Severity' })).toHaveAttribute(
    'aria-sort',
    'descending',
  );

  await intoTheCase();
  await page.getByRole('tab', { name: 'Attachments' }).click();
  await page.getByRole('tab', { name: /^Messages/ }).click();
  await page.keyboard.press('Escape');
  await expect(here()).toHaveValue('High');
  expect(parameters(page)).toEqual(NARROWED);
});

test('a new case leads back to the list it was made on', async ({ page, answers }) => {
  answers['POST /cases'] = { status: 201, body: data.caseDetail };
  await page.goto('/cases?severity=high');
  await page.getByRole('button', { name: 'New case' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Title' }).fill('By hand');
  await page.getByRole('dialog').getByRole('button', { name: 'Make case' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(`#${summary.number}`);
  await page.getByRole('main').getByRole('link', { name: 'Cases' }).click();
  await expect(page.getByRole('combobox', { name: 'Severity' })).toHaveValue('High');
  expect(parameters(page)).toEqual({ severity: 'high' });
});

test('severity and owner are changed where they stand', async ({ page, answers }) => {
  letChange(answers);
  await page.goto(address);
  const severity = changing(page);
  await choose(page, 'Severity', 'Critical');
  expect((await severity).postDataJSON()).toEqual({ severity: 'critical' });
  await expect(page.getByRole('combobox', { name: 'Severity' })).toHaveValue('Critical');
  await expect(page.getByRole('combobox', { name: 'Owner' })).toBeEnabled();

  const owner = changing(page);
  await choose(page, 'Owner', jonas.display_name);
  expect((await owner).postDataJSON()).toEqual({ owner: jonas.id });
  await expect(page.getByRole('combobox', { name: 'Owner' })).toHaveValue(jonas.display_name);
  await expect(page.getByText('The case was changed').first()).toBeVisible();

  const nobody = changing(page);
  await page.getByRole('button', { name: 'Take the owner away' }).click();
  expect((await nobody).postDataJSON()).toEqual({ owner: null });
  await expect(page.getByRole('combobox', { name: 'Owner' })).toHaveValue('');
});

/** Types a first tag and enters it; what is sent from then on is in `bodies`. */
async function enterUrgent(page: Page, answers: Answers) {
  letChange(answers);
  const bodies: unknown[] = [];
  page.on('request', (request) => request.method() === 'PATCH' && bodies.push(request.postDataJSON()));
  await page.goto(address);
  const field = page.getByRole('combobox', { name: 'Tags' });
  await field.fill('urgent');
  await field.press('Enter');
  return { field, bodies };
}

test('several tags are one change, made when the field is left', async ({ page, answers }) => {
  const { field, bodies } = await enterUrgent(page, answers);
  await field.fill('invoice');
  await field.press('Enter');
  expect(bodies).toEqual([]);
  const tagged = changing(page);
  await field.press('Tab');
  await tagged;
  await expect(page.getByText('The case was changed')).toBeVisible();
  expect(bodies).toEqual([{ tags: [...summary.tags, 'urgent', 'invoice'] }]);
  await expect(page.getByRole('complementary', { name: 'Overview' })).toContainText('urgent');
});

test('a tag that was typed and not entered is saved with the others', async ({ page, answers }) => {
  const { field, bodies } = await enterUrgent(page, answers);
  await field.fill(' invoice ');
  await field.press('Tab');
  await expect(page.getByText('The case was changed')).toBeVisible();
  expect(bodies).toEqual([{ tags: [...summary.tags, 'urgent', 'invoice'] }]);
  await field.fill('Urgent');
  await field.press('Tab');
  await expect(field).toHaveValue('');
  expect(bodies, 'it is there already').toHaveLength(1);
});

test('a tag is taken away', async ({ page, answers }) => {
  letChange(answers);
  await page.goto(address);
  const [first, ...others] = summary.tags;
  const asked = changing(page);
  await page.getByRole('button', { name: `Take ${first} away` }).click();
  expect((await asked).postDataJSON()).toEqual({ tags: others });
});

test('a note is added, and stands in the timeline', async ({ page, answers }) => {
  const text = 'The bank was told.\nNothing was paid.';
  answers[`POST ${address}/notes`] = async (route) => {
    const [first] = data.timeline as [(typeof data.timeline)[number]];
    const note = { ...first, id: `${first.id.slice(0, -3)}499`, text: route.request().postDataJSON().text };
    answers[`GET ${address}/timeline`] = { body: { items: [note, ...data.timeline], next: null } };
    await route.fulfill({ status: 201, json: note });
  };
  await page.goto(`${address}?tab=timeline`);
  const field = page.getByRole('textbox', { name: 'New note' });
  await expect(page.getByRole('button', { name: 'Add note' })).toBeDisabled();
  await field.fill(`  ${text}\n`);
  const asked = page.waitForRequest((request) => request.method() === 'POST');
  await page.getByRole('button', { name: 'Add note' }).click();
  const request = await asked;
  expect(new URL(request.url()).pathname).toBe(`/api/v1${address}/notes`);
  expect(request.postDataJSON()).toEqual({ text });
  await expect(page.getByText('The note was added')).toBeVisible();
  await expect(page.getByRole('list', { name: 'Timeline' }).getByRole('listitem').first()).toContainText(
    'The bank was told.',
  );
  await expect(field).toHaveValue('');
});
