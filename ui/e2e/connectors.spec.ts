// Connectors as they are switched and deleted from their table, and what their icons say.
import type { Page } from '@playwright/test';
import type { Connector } from '../src/api/types';
import { type Answers, problem } from './mock/api';
import * as data from './mock/data';
import { declared, paused, pausedInTrouble, switched, unattended, working } from './mock/states';
import { expect, test } from './mock/test';

const PAGE = '/settings/connectors';
const nameOf = ({ settings }: Connector) => settings.name;
const row = (page: Page, connector: Connector) =>
  page.getByRole('table', { name: 'Connectors' }).getByRole('row', { name: nameOf(connector) });

async function openMenu(page: Page, connector: Connector) {
  await row(page, connector)
    .getByRole('button', { name: `Actions for ${nameOf(connector)}` })
    .click();
  return page.getByRole('menu');
}

/** Lets the switch work: from then on the list has the connector as the server left it. */
function letSwitch(answers: Answers, connector: Connector, active: boolean): void {
  const after = switched(connector, active);
  answers[`POST /connectors/${connector.id}/${active ? 'activate' : 'deactivate'}`] = async (route) => {
    const items = data.connectors.map((each) => (each.id === connector.id ? after : each));
    answers['GET /connectors'] = { body: { items, next: null } };
    await route.fulfill({ json: after });
  };
}

test('a paused connector is activated from the table', async ({ page, answers }) => {
  letSwitch(answers, paused, true);
  await page.goto(PAGE);
  await expect(row(page, paused).getByRole('img', { name: 'Paused' })).toBeVisible();
  const menu = await openMenu(page, paused);
  await expect(menu.getByRole('menuitem')).toHaveText(['Edit', 'Activate', 'Delete']);
  const asked = page.waitForRequest((request) => request.method() === 'POST');
  await menu.getByRole('menuitem', { name: 'Activate' }).click();
  const request = await asked;
  expect(new URL(request.url()).pathname).toBe(`/api/v1/connectors/${paused.id}/activate`);
  expect(request.headers()['x-csrf-token']).toBe('csrf');
  await expect(page.getByText('Old archive was activated')).toBeVisible();
  await expect(row(page, paused).getByRole('img', { name: 'Waiting to be run' })).toBeVisible();
  const after = await openMenu(page, paused);
  await expect(after.getByRole('menuitem')).toHaveText(['Edit', 'Poll now', 'Deactivate', 'Delete']);
});

test('a folder that could not be counted is named beside the others', async ({ page }) => {
  await page.goto(`${PAGE}/${data.connectors[0]?.id}`);
  const panel = page.getByRole('region', { name: 'Accounting' });
  await expect(panel.getByText('4,698 of 4,700 stored')).toBeVisible();
  await expect(panel.getByText('not counted', { exact: true })).toBeVisible();
  await expect(panel.getByText('there is no folder `Shared/Phishing`', { exact: true })).toBeVisible();
});

test('an active connector is deactivated from the table', async ({ page, answers }) => {
  letSwitch(answers, working, false);
  await page.goto(PAGE);
  await expect(row(page, working).getByRole('img', { name: 'Working' })).toBeVisible();
  const menu = await openMenu(page, working);
  const asked = page.waitForRequest((request) => request.method() === 'POST');
  await menu.getByRole('menuitem', { name: 'Deactivate' }).click();
  expect(new URL((await asked).url()).pathname).toBe(`/api/v1/connectors/${working.id}/deactivate`);
  await expect(page.getByText('Phishing reports was paused')).toBeVisible();
  await expect(row(page, working).getByRole('img', { name: 'Paused' })).toBeVisible();
  await expect(row(page, working).getByRole('img', { name: 'Working' })).toHaveCount(0);
});

test('a switch that is refused says why and leaves the table as it is', async ({ page, answers }) => {
  answers[`POST /connectors/${paused.id}/activate`] = problem(409, 'conflict', 'somebody else changed it');
  await page.goto(PAGE);
  const menu = await openMenu(page, paused);
  await menu.getByRole('menuitem', { name: 'Activate' }).click();
  await expect(page.getByText('The connector was not changed')).toBeVisible();
  await expect(page.getByText('somebody else changed it')).toBeVisible();
  await expect(row(page, paused).getByRole('img', { name: 'Paused' })).toBeVisible();
});

test('a declared connector is paused and resumed, not edited or deleted', async ({ page, answers }) => {
  letSwitch(answers, declared, false);
  await page.goto(PAGE);
  const menu = await openMenu(page, declared);
  await expect(menu.getByRole('menuitem')).toHaveText(['View settings', 'Poll now', 'Deactivate']);
  const asked = page.waitForRequest((request) => request.method() === 'POST');
  await menu.getByRole('menuitem', { name: 'Deactivate' }).click();
  expect(new URL((await asked).url()).pathname).toBe(`/api/v1/connectors/${declared.id}/deactivate`);
  await expect(row(page, declared).getByRole('img', { name: /^Paused/ })).toBeVisible();
  const after = await openMenu(page, declared);
  await expect(after.getByRole('menuitem')).toHaveText(['View settings', 'Activate']);
  const resumed = page.waitForRequest(`**/connectors/${declared.id}/activate`);
  await after.getByRole('menuitem', { name: 'Activate' }).click();
  await resumed;
});

test('a connector is deleted from the table after a question', async ({ page, answers }) => {
  const deletions: string[] = [];
  answers[`DELETE /connectors/${paused.id}`] = async (route) => {
    deletions.push(new URL(route.request().url()).pathname);
    const items = data.connectors.filter(({ id }) => id !== paused.id);
    answers['GET /connectors'] = { body: { items, next: null } };
    await route.fulfill({ status: 204 });
  };
  await page.goto(PAGE);
  await (await openMenu(page, paused)).getByRole('menuitem', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete Old archive?' });
  await expect(dialog).toContainText('Messages and cases made from it stay.');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
  expect(deletions).toEqual([]);
  await expect(row(page, paused)).toBeVisible();

  await (await openMenu(page, paused)).getByRole('menuitem', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Delete connector' }).click();
  await expect(page.getByText('Old archive was deleted')).toBeVisible();
  await expect(dialog).toHaveCount(0);
  await expect(row(page, paused)).toHaveCount(0);
  await expect(row(page, working)).toBeVisible();
  expect(deletions).toEqual([`/api/v1/connectors/${paused.id}`]);
});

test('what is clicked in the question opens no page behind it', async ({ page }) => {
  await page.goto(PAGE);
  await (await openMenu(page, paused)).getByRole('menuitem', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete Old archive?' });
  await dialog.getByText('It stops watching its mailbox').click();
  await expect(dialog).toBeVisible();
  await page.mouse.click(5, 400);
  await expect(dialog).toHaveCount(0);
  await expect(page).toHaveURL(new RegExp(`${PAGE}$`));
  await expect(row(page, paused)).toBeVisible();
});

test('who may not manage connectors is offered nothing', async ({ page, answers }) => {
  answers['GET /session'] = { body: { ...data.me, permissions: ['read_desk', 'read_connectors'] } };
  await page.goto(PAGE);
  await expect(row(page, working)).toBeVisible();
  await expect(page.getByRole('button', { name: /^Actions for/ })).toHaveCount(0);
});

test.describe('the warning icon', () => {
  const tells = async (page: Page) => {
    const tooltip = page.getByRole('tooltip');
    await expect(tooltip).toContainText('the server mail.northwind.example refused the password of abuse');
    await expect(tooltip).toContainText('Check the user name and the password');
  };

  test('tells the error when it is pointed at, and no longer', async ({ page }) => {
    await page.goto(PAGE);
    await expect(page.getByRole('tooltip')).toHaveCount(0);
    await page.getByRole('img', { name: /In trouble/ }).hover();
    await tells(page);
    await page.getByRole('heading', { level: 1 }).hover();
    await expect(page.getByRole('tooltip')).toHaveCount(0);
  });

  test('tells the error when it has the focus', async ({ page }) => {
    await page.goto(PAGE);
    await page.getByRole('img', { name: /In trouble/ }).focus();
    await tells(page);
  });
});

test('what nobody runs claims no success', async ({ page, answers }) => {
  answers['GET /connectors'] = { body: { items: [unattended], next: null } };
  await page.goto(PAGE);
  await row(page, unattended).getByRole('img', { name: 'Waiting to be run' }).hover();
  await expect(page.getByRole('tooltip')).toContainText('no replica has picked it up');
  await expect(page.getByRole('img', { name: 'Working' })).toHaveCount(0);
});

test('the last error stays on a connector that was paused', async ({ page, answers }) => {
  answers['GET /connectors'] = { body: { items: [pausedInTrouble], next: null } };
  answers[`GET /connectors/${pausedInTrouble.id}`] = { body: pausedInTrouble };
  await page.goto(PAGE);
  await row(page, pausedInTrouble)
    .getByRole('img', { name: /^Paused after an error: the server .* refused the password/ })
    .hover();
  await expect(page.getByRole('tooltip')).toContainText('Check the user name and the password');
  await page.getByRole('link', { name: 'Branch office' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'refused the password of abuse' })).toContainText(
    'Check the user name and the password',
  );
});
