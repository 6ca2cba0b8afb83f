// From one source of a mailbox to another, against a stand-in for the server: there, back, and what stands in the way.
import type { Page } from '@playwright/test';
import { announce, problem, wrongFields } from './mock/api';
import * as data from './mock/data';
import { haveSwitched, migrates, standBeside } from './mock/migration';
import { expect, test } from './mock/test';

const { id } = data.exchange;
const connectorPage = `/settings/connectors/${id}`;
const migratePage = `${connectorPage}/migrate`;
const call = `/connectors/${id}/migration`;

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });
const confirm = (page: Page, name: string) =>
  page.getByRole('dialog').getByRole('button', { name, exact: true }).click();

test('a connector goes from one source to another, and back', async ({ page, answers }) => {
  migrates(answers);
  await test.step('its page says that the protocol ends', async () => {
    await page.goto(connectorPage);
    await expect(page.getByRole('alert')).toContainText('Exchange Web Services end');
    await expect(page.getByRole('alert')).toContainText('1 April 2027');
    await page.getByRole('link', { name: 'Migrate to Microsoft 365' }).click();
    await expect(page.getByRole('heading', { name: 'Migrate to Microsoft 365', level: 1 })).toBeVisible();
  });

  await test.step('the form knows what the settings so far say', async () => {
    const needs = page.getByRole('region', { name: 'What the application needs' });
    await expect(needs.getByText('Mail.ReadWrite of Microsoft Graph')).toBeVisible();
    await expect(field(page, 'Mailbox')).toHaveValue('ann@northwind.example\\soc@northwind.example');
    await expect(field(page, 'Tenant')).toHaveValue('northwind.example');
    await expect(field(page, 'Client id')).toHaveValue('8a1c0f2e-55d1-4c7e');
    await expect(field(page, 'Client secret')).toHaveValue('');
    await expect(page.getByRole('combobox', { name: 'Sign in as' })).toHaveValue('The application itself');
    await expect(field(page, 'Folder Inbox')).toHaveValue('Inbox');
    await field(page, 'Folder Inbox/Reports').fill('Posteingang/Reports');
    await field(page, 'Client secret').fill('a secret');
  });

  const oauth = {
    sign_in_as: 'application',
    proof: 'secret',
    cloud: 'worldwide',
    tenant: 'northwind.example',
    client_id: '8a1c0f2e-55d1-4c7e',
  };
  const mailbox = 'ann@northwind.example\\soc@northwind.example';
  const proxy = { kind: 'none' };

  await test.step('it is tried without what is stored, and trusts a certificate', async () => {
    const asked = page.waitForRequest('**/connectors/test');
    await button(page, 'Test connection').click();
    const tried = (await asked).postDataJSON();
    expect(tried).not.toHaveProperty('id');
    expect(tried.secrets).toEqual({ client_secret: 'a secret' });
    expect(tried.settings).toMatchObject({
      name: 'Reported by staff',
      kind: 'graph',
      connection: { mailbox, oauth, proxy },
      folders: ['Inbox', 'Posteingang/Reports'],
    });
    const trust = button(page, 'Trust this certificate');
    await expect(trust).toBeVisible();
    answers['POST /connectors/test'] = { body: data.exchangePassed };
    await trust.click();
    const again = page.waitForRequest('**/connectors/test');
    await confirm(page, 'Trust and test again');
    const { settings } = (await again).postDataJSON();
    expect(settings.connection.pinned_certificates).toEqual([data.untrusted.chain[0]?.pem]);
    await expect(page.getByText('The test passed.')).toBeVisible();
  });

  await test.step('it runs beside the one in use', async () => {
    const asked = page.waitForRequest((request) => request.url().endsWith('/migration') && isPost(request));
    await button(page, 'Run side by side').click();
    expect((await asked).postDataJSON()).toEqual({
      kind: 'graph',
      connection: { mailbox, oauth, proxy, pinned_certificates: [data.untrusted.chain[0]?.pem] },
      folders: ['Inbox', 'Posteingang/Reports'],
      secrets: { client_secret: 'a secret' },
    });
    await expect(page.getByText('Not compared yet')).toBeVisible();
    await expect(button(page, 'Switch to Microsoft 365')).toBeDisabled();
    await expect(button(page, 'Switch to Microsoft 365')).toHaveAccessibleDescription(
      /waits for a comparison/,
    );
  });

  await test.step('the two are compared, and agree', async () => {
    await button(page, 'Compare now').click();
    await expect(page.getByText('Both see the same 2,031 messages')).toBeVisible();
    const inbox = page.getByRole('region', { name: 'Folder Inbox', exact: true });
    await expect(inbox).toContainText('1,894');
    await expect(inbox).toContainText('7 of 10 read');
    await expect(page.getByText(/Differing bytes are normal/)).toBeVisible();
    await expect(page.getByRole('region', { name: 'Folder Inbox/Reports' })).toContainText(
      'Posteingang/Reports in Microsoft 365',
    );
  });

  await test.step('they change places', async () => {
    await button(page, 'Switch to Microsoft 365').click();
    await expect(page.getByRole('dialog')).toContainText('No message is taken twice and none is missed');
    await expect(page.getByRole('dialog')).toContainText('It can be undone');
    await confirm(page, 'Switch');
    await expect(
      page.getByText('Reported by staff goes on with Microsoft 365: 2,031 messages known, 1 new one'),
    ).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Migrated to Microsoft 365' })).toBeVisible();
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });

  await test.step('its page says so, and leads back to the migration', async () => {
    await page.keyboard.press('Escape');
    await expect(page).toHaveURL(new RegExp(`${connectorPage}$`));
    await expect(page.getByText('Switched to Microsoft 365')).toBeVisible();
    await page.getByRole('link', { name: 'Undo or keep' }).click();
  });

  await test.step('it is undone', async () => {
    await button(page, 'Undo').click();
    await confirm(page, 'Go back');
    await expect(
      page.getByText('Reported by staff is back with Exchange (EWS): 2,033 messages known, 0 new ones'),
    ).toBeVisible();
    await expect(page.getByText('Not compared yet')).toBeVisible();
    await expect(button(page, 'Switch to Microsoft 365')).toBeDisabled();
  });

  await test.step('it is given up', async () => {
    await button(page, 'Give up').click();
    await confirm(page, 'Give up');
    await expect(page.getByText('Exchange Web Services end')).toBeVisible();
  });
});

const isPost = (request: { method: () => string }) => request.method() === 'POST';

test('sources that disagree do not change places', async ({ page, answers }) => {
  migrates(answers, data.disagreeing);
  standBeside(answers, data.agreeing);
  await page.goto(migratePage);
  await expect(button(page, 'Switch to Microsoft 365')).toBeEnabled();
  await button(page, 'Compare now').click();
  await expect(page.getByText('They differ in 55 messages')).toBeVisible();
  await expect(button(page, 'Switch to Microsoft 365')).toBeDisabled();
  await expect(button(page, 'Switch to Microsoft 365')).toHaveAccessibleDescription(
    'Switching waits until a comparison finds no difference.',
  );
  const differences = page.getByRole('table', { name: 'Differences in Inbox' });
  await expect(differences.getByRole('row', { name: /aaaa=/ })).toContainText('only in Exchange (EWS)');
  await expect(differences.getByRole('row', { name: /bbbb=/ })).toContainText('only in Microsoft 365');
  await expect(differences.getByRole('row', { name: /cccc=/ })).toContainText('unknown whether in Exchange');
  await expect(page.getByText('and 5 more')).toBeVisible();
});

test('a comparison is waited for: it says so, and nothing is switched meanwhile', async ({
  page,
  answers,
}) => {
  standBeside(answers, data.agreeing);
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  answers[`POST ${call}/comparison`] = async (route) => {
    await finished;
    await route.fulfill({ json: data.agreeing });
  };
  await page.goto(migratePage);
  await button(page, 'Compare now').click();
  await expect(page.getByText('Comparing: this can take a minute.')).toBeVisible();
  await expect(button(page, 'Switch to Microsoft 365')).toBeDisabled();
  finish();
  await expect(page.getByText('Comparing: this can take a minute.')).toHaveCount(0);
  await expect(button(page, 'Switch to Microsoft 365')).toBeEnabled();
});

test('sources that cannot be compared say why, and the settings are changed', async ({ page, answers }) => {
  migrates(answers);
  standBeside(answers, data.troubled);
  await page.goto(migratePage);
  await expect(page.getByText('They could not be compared')).toBeVisible();
  await expect(page.getByText(/Grant the application Mail.ReadWrite/)).toBeVisible();
  await button(page, 'Change the settings').click();
  await expect(field(page, 'Folder Inbox/Reports')).toHaveValue('Posteingang/Reports');
  await expect(field(page, 'Client secret')).toHaveValue('');
  await field(page, 'Client id').fill('another');
  await field(page, 'Client secret').fill('its secret');
  const asked = page.waitForRequest((request) => request.url().endsWith('/migration') && isPost(request));
  await button(page, 'Run side by side').click();
  const { connection, secrets } = (await asked).postDataJSON();
  expect(connection.oauth.client_id).toBe('another');
  expect(secrets).toEqual({ client_secret: 'its secret' });
  await expect(page.getByText('Not compared yet')).toBeVisible();
});

test('what the server refuses stands beside the field', async ({ page, answers }) => {
  answers[`POST ${call}`] = wrongFields(
    ['connection.oauth.tenant', 'the tenant is no domain'],
    ['folders', 'a folder has no name'],
    ['kind', 'this kind is not known here'],
  );
  await page.goto(migratePage);
  await field(page, 'Mailbox').fill('');
  await button(page, 'Run side by side').click();
  await expect(page.getByText('Mailbox is needed')).toBeVisible();
  await expect(field(page, 'Mailbox')).toBeFocused();
  await field(page, 'Mailbox').fill('soc@northwind.example');
  await button(page, 'Run side by side').click();
  await expect(field(page, 'Tenant')).toHaveAccessibleDescription(/the tenant is no domain/);
  await expect(field(page, 'Tenant')).toBeFocused();
  await expect(page.getByText('a folder has no name')).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('kind: this kind is not known here');
  answers[`POST ${call}`] = problem(409, 'conflict', 'the connector was switched to another source already');
  await button(page, 'Run side by side').click();
  await expect(page.getByRole('alert')).toContainText('switched to another source already');
});

test('a switch that fails leaves everything as it was', async ({ page, answers }) => {
  standBeside(answers, data.agreeing);
  answers[`POST ${call}/switch`] = problem(502, 'unreachable', 'graph.microsoft.com does not answer');
  await page.goto(migratePage);
  await button(page, 'Switch to Microsoft 365').click();
  await confirm(page, 'Switch');
  await expect(page.getByText('Reported by staff stays with Exchange (EWS)')).toBeVisible();
  await expect(page.getByText(/graph.microsoft.com does not answer/)).toBeVisible();
});

test('the new source is kept for good', async ({ page, answers }) => {
  migrates(answers);
  haveSwitched(answers);
  await page.goto(migratePage);
  await button(page, 'Keep Microsoft 365').click();
  await expect(page.getByRole('dialog')).toContainText('cannot be undone any more');
  const asked = page.waitForRequest((request) => request.method() === 'DELETE');
  await confirm(page, 'Keep Microsoft 365');
  await asked;
  await expect(page.getByText('Reported by staff keeps Microsoft 365')).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`${connectorPage}$`));
});

test('a comparison by the server is shown without a reload', async ({ page, answers }) => {
  standBeside(answers, null);
  await page.goto(migratePage);
  await expect(page.getByText('Not compared yet')).toBeVisible();
  await expect(page.getByRole('status', { name: 'Live updates: Live' })).toBeVisible();
  standBeside(answers, data.agreeing);
  await announce(page, 'connector_changed', { connector: id });
  await expect(page.getByText('Both see the same 2,031 messages')).toBeVisible();
  await expect(button(page, 'Switch to Microsoft 365')).toBeEnabled();
});

test('whoever may not manage connectors sees the report alone', async ({ page, answers }) => {
  answers['GET /session'] = { body: { ...data.me, permissions: ['read_desk', 'read_connectors'] } };
  await page.goto(connectorPage);
  await expect(page.getByRole('alert')).toContainText('Exchange Web Services end');
  await expect(page.getByRole('link', { name: /Migrate/ })).toHaveCount(0);
  await page.goto(migratePage);
  await expect(page.getByText(/Somebody who may manage connectors/)).toBeVisible();
  standBeside(answers, data.agreeing);
  await page.goto(migratePage);
  await expect(page.getByText('Both see the same 2,031 messages')).toBeVisible();
  await expect(page.getByRole('main').getByRole('button')).toHaveCount(0);
  haveSwitched(answers);
  await page.goto(migratePage);
  await expect(page.getByText(/reads nothing any more/)).toBeVisible();
  await expect(page.getByRole('main').getByRole('button')).toHaveCount(0);
});

test('a connector from a file, and one of a kind without another, stay as they are', async ({
  page,
  answers,
}) => {
  answers[`GET /connectors/${id}`] = {
    body: { ...data.exchange, origin: { from: 'file', path: '/etc/mailcase/connectors/staff.yaml' } },
  };
  await page.goto(connectorPage);
  await expect(page.getByRole('alert')).toContainText('Exchange Web Services end');
  await expect(page.getByRole('link', { name: /Migrate/ })).toHaveCount(0);
  await page.goto(migratePage);
  await expect(page.getByText('/etc/mailcase/connectors/staff.yaml')).toBeVisible();
  const other = `/connectors/${data.connectors[0]?.id}`;
  answers[`GET ${other}/migration`] = { body: { migration: null } };
  await page.goto(`/settings${other}/migrate`);
  await expect(page.getByText('A connector of the type IMAP has nothing to be migrated to.')).toBeVisible();
});

test('the table marks what ends, and what is on its way', async ({ page, answers }) => {
  answers['GET /connectors'] = {
    body: { items: [data.exchange, { ...data.exchange, id: 'x', migration: 'shadow' }], next: null },
  };
  await page.goto('/settings/connectors');
  const table = page.getByRole('table', { name: 'Connectors' });
  await expect(table.getByText('Ends soon')).toHaveCount(1);
  await expect(table.getByText('Migrating')).toHaveCount(1);
});
