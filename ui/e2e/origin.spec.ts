// Where mail comes from: what was found out about a sender, and what the organization says of its own.
import { wrongFields } from './mock/api';
import * as data from './mock/data';
import { imitation } from './mock/imitation';
import * as origin from './mock/origin';
import { expect, test } from './mock/test';

const message = `/inbox/${data.message.summary.id}?tab=headers`;

test('every check says what was found out, why, and for whom it speaks', async ({ page }) => {
  await page.goto(message);
  const checks = page.getByRole('table', { name: 'Verified by Mailcase' });
  const dkim = checks.getByRole('row', { name: /DKIM pass for mailer.example/ });
  await expect(dkim).toContainText('The signed headers and the body are as they were signed');
  await expect(dkim).toContainText('speaks for somebody else than the sender people see');
  await expect(dkim).toContainText('1204 bytes at the end of the body are not signed');
  await expect(checks.getByRole('row', { name: /DMARC fail/ })).toContainText('wants such mail set aside');
  const records = page.getByText('What the DNS said');
  await records.click();
  await expect(page.getByText('v=DMARC1; p=quarantine')).toBeVisible();
  await expect(page.getByText('no answer', { exact: true })).toBeVisible();
});

test('what passes for the organization itself is told above the text', async ({ page, answers }) => {
  await page.goto(`/inbox/${data.message.summary.id}`);
  const told = page.getByRole('alert').filter({ hasText: 'Looks like yours' });
  await expect(page.getByRole('tab', { name: 'Preview' })).toBeVisible();
  await expect(told).toHaveCount(0);
  answers[`GET /messages/${data.message.summary.id}`] = { body: imitation };
  await page.reload();
  await expect(told.getByRole('listitem')).toHaveCount(1);
  await expect(told).toContainText('looks like your own northwind.example');
});

test('without the DNS it says so, and where that is decided', async ({ page, answers }) => {
  const { evidence } = data.message;
  if (!evidence) throw new Error('there is evidence');
  const verdicts = { ...evidence.verdicts, own: null };
  const list = { id: 'l.example', name: 'Talk', takes_mail: false, because: 'List-Id: Talk <l.example>' };
  answers[`GET /messages/${data.message.summary.id}`] = {
    body: { ...data.message, evidence: { ...evidence, verdicts, mailing_list: list } },
  };
  await page.goto(message);
  await expect(page.getByText('The DNS is not asked about senders')).toBeVisible();
  await expect(
    page.getByText('Sent through the mailing list Talk (l.example), which takes no answers.'),
  ).toBeVisible();
  await page.getByRole('link', { name: 'Own domains', exact: true }).last().click();
  await expect(page.getByRole('heading', { name: 'Own domains', level: 1 })).toBeVisible();
});

test.describe('the page of own domains', () => {
  test('keeps what is changed, on the revision it was opened with', async ({ page, answers }) => {
    let sent: unknown;
    answers['PUT /origin-settings'] = async (route) => {
      sent = route.request().postDataJSON();
      await route.fulfill({ json: { ...origin.settings, ...(sent as object), revision: 4 } });
    };
    await page.goto('/settings/own-domains');
    const save = page.getByRole('button', { name: 'Save' });
    await expect(save).toBeDisabled();
    await page.getByRole('combobox', { name: 'Own domains' }).fill('new.example');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove Erika Mustermann' }).click();
    await page.getByRole('button', { name: 'Add a person' }).click();
    await page.getByRole('textbox', { name: 'Name of person 2' }).fill('Max Muster');
    await page.getByRole('checkbox', { name: 'Believe results that name no server' }).uncheck();
    await save.click();
    await expect(page.getByText('Kept. Mail that comes from now on is looked at with it.')).toBeVisible();
    expect(sent).toEqual({
      revision: 3,
      settings: {
        ...origin.settings.settings,
        domains: [...origin.settings.settings.domains, 'new.example'],
        people: [origin.settings.settings.people[0], { name: 'Max Muster', addresses: [] }],
        authserv_ids: ['mx1.contoso.example'],
      },
    });
    await expect(save).toBeDisabled();
  });

  test('says which entries are not right, where they are', async ({ page, answers }) => {
    answers['PUT /origin-settings'] = wrongFields(
      ['settings.domains[2]', '`x` is no domain such as example.org'],
      ['settings.people[0].name', 'a name has 5 to 320 characters'],
    );
    await page.goto('/settings/own-domains');
    await page.getByRole('combobox', { name: 'Own domains' }).fill('x');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('alert')).toContainText('nothing was changed');
    await expect(page.getByText('`x` is no domain such as example.org')).toBeVisible();
    await expect(page.getByText('a name has 5 to 320 characters')).toBeVisible();
  });

  test('shows them to those who may not change them', async ({ page, answers }) => {
    answers['GET /session'] = { body: { ...data.me, permissions: ['read_desk', 'read_connectors'] } };
    await page.goto('/settings/own-domains');
    await expect(page.getByText('contoso-services.example')).toBeVisible();
    await expect(page.getByText('headers without a name')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Save' })).toHaveCount(0);
  });
});
