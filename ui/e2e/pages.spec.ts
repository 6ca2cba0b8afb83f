// The states of the pages, against a stand-in for the server: full, empty, failed, live, keyboard, signed out.
import { announce, problem } from './mock/api';
import * as data from './mock/data';
import { complete } from './mock/evidence';
import { expect, test } from './mock/test';

const messagePath = `/inbox/${data.message.summary.id}`;

test.describe('inbox', () => {
  test('shows messages, filters live in the address', async ({ page }) => {
    await page.goto('/inbox');
    const table = page.getByRole('table', { name: 'Messages' });
    await expect(table.getByRole('link', { name: /FW: Your invoice/ })).toBeVisible();
    await expect(table.getByText('Needs attention')).toBeVisible();
    const asked = page.waitForRequest((request) => request.url().includes('state=needs_attention'));
    await page.getByRole('combobox', { name: 'State' }).click();
    await page.getByRole('option', { name: 'Needs attention' }).click();
    await asked;
    await expect(page).toHaveURL(/state=needs_attention/);
  });

  test('is empty, then filled by a live event without a reload', async ({ page, answers }) => {
    const full = answers['GET /messages'];
    answers['GET /messages'] = { body: { items: [], next: null } };
    await page.goto('/inbox');
    await expect(page.getByText('No messages yet')).toBeVisible();
    await expect(page.getByRole('status', { name: 'Live updates: Live' })).toBeVisible();
    if (full) answers['GET /messages'] = full;
    await announce(page, 'message_decided', { message: data.message.summary.id });
    await expect(page.getByRole('link', { name: /FW: Your invoice/ })).toBeVisible();
  });

  test('says why it failed and tries again', async ({ page, answers }) => {
    const full = answers['GET /messages'];
    answers['GET /messages'] = problem(
      503,
      'database',
      'the database does not answer; try again in a moment',
    );
    await page.goto('/inbox');
    await expect(page.getByRole('alert')).toContainText('the database does not answer');
    if (full) answers['GET /messages'] = full;
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByRole('link', { name: /FW: Your invoice/ })).toBeVisible();
  });

  test('is walked with the keyboard', async ({ page }) => {
    await page.goto('/inbox');
    const first = page.getByRole('link', { name: /FW: Your invoice/ });
    await expect(first).toBeVisible();
    await page.keyboard.press('j');
    await expect(first).toBeFocused();
    await page.keyboard.press('j');
    await expect(page.getByRole('link', { name: /Suspicious sign-in/ }).first()).toBeFocused();
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(new RegExp(messagePath));
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/FW: Your invoice/);
    await page.keyboard.press('Escape');
    await expect(page).toHaveURL(/\/inbox$/);
    // The address changes before the list stands alone again, and the search field beside the message goes with it.
    await expect(page.getByRole('heading', { name: 'Inbox', level: 1 })).toBeVisible();
    await page.keyboard.press('/');
    await expect(page.getByRole('searchbox', { name: 'Search' })).toBeFocused();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await expect(page.getByRole('heading', { name: 'Cases', level: 1 })).toBeVisible();
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
  });

  test('is walked with the arrows once a row has the focus', async ({ page }) => {
    await page.goto('/inbox');
    const first = page.getByRole('link', { name: /FW: Your invoice/ });
    await first.focus();
    await page.keyboard.press('ArrowDown');
    await expect(page.getByRole('link', { name: /Suspicious sign-in/ }).first()).toBeFocused();
    await page.keyboard.press('ArrowUp');
    await expect(first).toBeFocused();
  });
});

test('a message shows its preview in a frame that can do nothing', async ({ page }) => {
  await page.goto(messagePath);
  const frame = page.getByTitle('Message preview');
  await expect(frame).toHaveAttribute('sandbox', '');
  await expect(page.frameLocator('[title="Message preview"]').getByText('Dear customer')).toBeVisible();
  await expect(page.getByText('Taken out of the preview: remote pictures (2), scripts (1).')).toBeVisible();
  await expect(page.getByRole('table', { name: 'Links' })).toContainText('hxxps://pay[.]example[.]net');
  await expect(page.getByRole('table', { name: 'Links' })).toContainText('names another host');
  await expect(page.getByRole('table', { name: 'Links' })).toContainText('hxxps://lists[.]example[.]net/off');
  await page.getByRole('tab', { name: 'Hidden text 2' }).click();
  const passages = page.getByRole('list', { name: 'Hidden text' }).getByRole('listitem');
  await expect(passages.first()).toContainText('Colour of its background');
  await expect(passages.last()).toContainText('Preheader');
  await page.getByRole('tab', { name: 'Taken out 2' }).click();
  await expect(page.getByRole('list', { name: 'Taken out' })).toContainText(
    'hxxps://tracker[.]example[.]net',
  );
  await page.getByText('With hidden text').click();
  await expect(
    page.frameLocator('[title="Message preview"]').getByText('meeting minutes quarterly report holiday'),
  ).toBeVisible();
  await page.getByRole('tab', { name: /Parts/ }).click();
  await expect(page.getByText('really application/zip')).toBeVisible();
  await page.getByRole('tab', { name: /Deliveries/ }).click();
  await expect(page.getByText(/the folder is read-only/)).toBeVisible();
});

test('a picture is shown with what its code says', async ({ page }) => {
  await page.goto(`/inbox/${complete.summary.id}?tab=parts&part=/4`);
  await expect(page.getByTitle('Preview of part /4')).toHaveAttribute('sandbox', '');
  await expect(page.getByRole('list', { name: 'Codes' })).toContainText('hxxps://pay[.]example[.]net/scan');
  await page.goto(`/inbox/${complete.summary.id}?tab=parts&part=/2/1/2`);
  await page.getByRole('button', { name: 'Show the page, made safe' }).click();
  await expect(page.getByTitle('Preview of part /2/1/2')).toBeVisible();
});

test('a message of text alone has the same preview', async ({ page, answers }) => {
  const { evidence } = data.message;
  answers[`GET /messages/${data.message.summary.id}`] = {
    body: { ...data.message, evidence: evidence && { ...evidence, has_html: false } },
  };
  await page.goto(messagePath);
  await expect(page.getByRole('tab', { name: 'Preview' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByTitle('Message preview')).toHaveAttribute('sandbox', '');
});

test('a case is changed where it stands, with the CSRF token', async ({ page }) => {
  await page.goto(`/cases/${data.caseDetail.summary.id}`);
  const changed = page.waitForRequest((request) => request.method() === 'PATCH');
  await page.getByRole('combobox', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'In progress' }).click();
  const request = await changed;
  expect(request.postDataJSON()).toEqual({ status: 'in_progress' });
  expect(request.headers()['x-csrf-token']).toBe('csrf');
  await expect(page.getByText('The case was changed')).toBeVisible();
});

test('Esc closes what lies over a page, and only then leaves the page', async ({ page }) => {
  const path = `/cases/${data.caseDetail.summary.id}`;
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('FW: Your invoice');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('button', { name: /Account of/ }).click();
  await expect(page.getByRole('menu')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(page).toHaveURL(new RegExp(path));
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/\/cases$/);
});

test('cases are sorted by the address', async ({ page }) => {
  const asked = page.waitForRequest((request) => /sort=severity.*order=asc/.test(request.url()));
  await page.goto('/cases?sort=severity&order=asc');
  await asked;
  await expect(page.getByRole('columnheader', { name: 'Severity' })).toHaveAttribute(
    'aria-sort',
    'ascending',
  );
});

test.describe('connectors', () => {
  test('an error is told on focus', async ({ page }) => {
    await page.goto('/settings/connectors');
    await page.getByRole('img', { name: /In trouble/ }).focus();
    await expect(page.getByRole('tooltip')).toContainText('Check the user name and the password');
  });

  test('the wizard names what is missing on the step where it stands', async ({ page }) => {
    await page.goto('/settings/connectors/new');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Überprüfung');
    await expect(page.getByRole('textbox', { name: 'API name' })).toHaveValue('uberprufung');
    await page.getByRole('button', { name: 'Test & save' }).click();
    await page.getByRole('button', { name: 'Create connector' }).click();
    await expect(page.getByText('Server is needed')).toBeVisible();
    await expect(page.getByText('Password is needed')).toBeVisible();
  });

  test('trusting a certificate tests again with exactly that one', async ({ page, answers }) => {
    await page.goto('/settings/connectors/new');
    await page.getByRole('button', { name: 'Test & save' }).click();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await expect(page.getByText('The certificate is not trusted')).toBeVisible();
    await expect(page.getByRole('region', { name: 'Certificate chain' })).toContainText('9F:86:D0:81');
    answers['POST /connectors/test'] = { body: data.passed };
    await page.getByRole('button', { name: 'Trust this certificate' }).click();
    const again = page.waitForRequest('**/connectors/test');
    await page.getByRole('button', { name: 'Trust and test again' }).click();
    const { settings } = (await again).postDataJSON();
    expect(settings.connection.pinned_certificates).toEqual([data.untrusted.chain[0]?.pem]);
    expect(settings.connection.trusted_certificates ?? []).toEqual([]);
    await expect(page.getByText('The test passed.')).toBeVisible();
  });

  test('a proxy has settings, a password and trust of its own', async ({ page, answers }) => {
    await page.goto('/settings/connectors/new');
    await page.getByRole('button', { name: 'Next' }).click();
    const proxy = page.getByRole('group', { name: 'Proxy' });
    await expect(proxy.getByRole('textbox', { name: 'Proxy server' })).toHaveCount(0);
    await expect(page.getByRole('textbox', { name: 'Proxy password' })).toHaveCount(0);
    await proxy.getByRole('combobox', { name: 'Kind of proxy' }).click();
    await page.getByRole('option', { name: 'HTTPS' }).click();
    await proxy.getByRole('textbox', { name: 'Proxy server' }).fill('proxy.northwind.example');
    await proxy.getByRole('textbox', { name: 'Proxy port' }).fill('3129');
    await expect(proxy.getByText('Certificates trusted for the proxy')).toBeVisible();
    await page.getByRole('textbox', { name: 'Proxy password' }).fill('a secret');

    answers['POST /connectors/test'] = { body: data.proxyUntrusted };
    await page.getByRole('button', { name: 'Test & save' }).click();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await expect(page.getByText('The certificate of the proxy is not trusted')).toBeVisible();
    await expect(page.getByRole('region', { name: 'Certificate chain of the proxy' })).toContainText(
      'B0:1D:D0:81',
    );
    answers['POST /connectors/test'] = { body: data.passed };
    await page.getByRole('button', { name: 'Trust this certificate' }).click();
    const again = page.waitForRequest('**/connectors/test');
    await page.getByRole('button', { name: 'Trust and test again' }).click();
    const { settings, secrets } = (await again).postDataJSON();
    expect(settings.connection.proxy).toEqual({
      kind: 'https',
      host: 'proxy.northwind.example',
      port: 3129,
      pinned_certificates: [data.proxyUntrusted.proxy_chain[0]?.pem],
    });
    expect(settings.connection).not.toHaveProperty('pinned_certificates');
    expect(secrets.proxy_password).toBe('a secret');
    await expect(page.getByText('The test passed.')).toBeVisible();
  });

  test('a pre-filter is tried out before it is saved, and sent with the settings', async ({ page }) => {
    const connector = data.connectors[0];
    await page.goto(`/settings/connectors/${connector?.id}/edit`);
    await page.getByRole('button', { name: 'Pre-filter' }).click();
    await expect(page.getByRole('textbox', { name: 'To', exact: true })).toHaveValue(
      'phishing@northwind.example',
    );
    await page.getByRole('textbox', { name: 'From', exact: true }).fill('northwind.example');
    await page.getByRole('button', { name: 'Add a header' }).click();
    await page.getByRole('textbox', { name: 'Header 2', exact: true }).fill('X-Flag');
    await page.getByRole('textbox', { name: 'Text of header 2' }).fill('yes');
    await page.getByRole('button', { name: 'Remove header 1' }).click();
    const asked = page.waitForRequest('**/connectors/preview-filter');
    await page.getByRole('button', { name: 'Preview' }).click();
    const { connector: tried, days } = (await asked).postDataJSON();
    expect(days).toBe(7);
    expect(tried.settings.prefilter).toMatchObject({
      from: 'northwind.example',
      to: 'phishing@northwind.example',
      headers: [{ field: 'X-Flag', value: 'yes', not: false }],
    });
    await expect(page.getByText('1 of 3 messages would have been taken.')).toBeVisible();
    const table = page.getByRole('table', { name: 'What the filter would have done' });
    await expect(table.getByRole('row', { name: /Lunch today/ })).toContainText('unwanted subject');
    // What is shown belongs to the filter as it stands.
    await page.getByRole('textbox', { name: 'From', exact: true }).fill('northwind.example, other.example');
    await expect(table).toHaveCount(0);
  });

  test('access is granted at the provider, and the browser comes back to the connector', async ({
    page,
    answers,
  }) => {
    const connector = data.connectors[2];
    const path = `/connectors/${connector?.id}`;
    answers[`POST ${path}/grant`] = {
      body: { url: '/email-oauth?state=s1&code=c1', redirect_url: 'http://localhost/email-oauth' },
    };
    answers['POST /grants'] = {
      body: { ...connector, grant: { ...data.connectors[1]?.grant, account: 'soc@northwind.example' } },
    };
    await page.goto(`/settings${path}`);
    await expect(page.getByText('Nobody granted access to this mailbox yet.')).toBeVisible();
    const asked = page.waitForRequest('**/grants');
    await page.getByRole('button', { name: 'Grant access' }).click();
    expect((await asked).postDataJSON()).toEqual({
      state: 's1',
      code: 'c1',
      error: null,
      error_description: null,
    });
    await expect(page.getByText('soc@northwind.example granted Old archive access')).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Old archive', level: 1 })).toBeVisible();
  });

  test('access that was denied says why, and what to do', async ({ page, answers }) => {
    answers['POST /grants'] = problem(
      502,
      'sign_in',
      'the person did not agree (AADSTS65004): grant access again and choose Accept',
    );
    await page.goto('/email-oauth?state=s1&error=consent_required');
    await expect(page.getByRole('heading', { name: 'Access was not granted' })).toBeVisible();
    await expect(page.getByText(/choose Accept/)).toBeVisible();
    await page.getByRole('link', { name: 'Go to the connectors' }).click();
    await expect(page.getByRole('heading', { name: 'Connectors', level: 1 })).toBeVisible();
  });

  test('granted access names the account, and is forgotten after a question', async ({ page, answers }) => {
    const path = `/connectors/${data.connectors[1]?.id}`;
    answers[`DELETE ${path}/grant`] = { status: 204 };
    await page.goto(`/settings${path}`);
    await expect(page.getByText('abuse@northwind.example granted access')).toBeVisible();
    await page.getByRole('button', { name: 'Forget', exact: true }).click();
    const asked = page.waitForRequest((request) => request.method() === 'DELETE');
    await page.getByRole('button', { name: 'Forget access' }).click();
    await asked;
    await expect(page.getByText('Abuse has no access any more')).toBeVisible();
  });

  test('what the pre-filter left out is counted, and looked at again on request', async ({ page }) => {
    await page.goto(`/settings/connectors/${data.connectors[0]?.id}`);
    await expect(page.getByText('37 messages')).toBeVisible();
    const asked = page.waitForRequest('**/look-again');
    await page.getByRole('button', { name: 'Look again' }).click();
    await asked;
    await expect(page.getByText('37 messages are looked at again')).toBeVisible();
  });

  test('a way of signing in asks for its own secret', async ({ page }) => {
    await page.goto('/settings/connectors/new');
    await page.getByRole('button', { name: 'Next' }).click();
    await expect(page.getByRole('textbox', { name: 'Password' })).toBeVisible();
    await expect(page.getByRole('textbox', { name: 'Access token' })).toHaveCount(0);
    await page.getByRole('combobox', { name: 'Sign-in' }).click();
    await page.getByRole('option', { name: 'OAuth' }).click();
    await expect(page.getByRole('textbox', { name: 'Access token' })).toBeVisible();
    await expect(page.getByRole('textbox', { name: 'Password' })).toHaveCount(0);
  });

  test('an application proves who it is with a file', async ({ page, answers }) => {
    await page.goto('/settings/connectors/new');
    await page.getByRole('button', { name: 'Next' }).click();
    const choose = async (field: string, option: string) => {
      await page.getByRole('combobox', { name: field }).click();
      await page.getByRole('option', { name: option, exact: true }).click();
    };
    await expect(page.getByRole('group', { name: 'OAuth' })).toHaveCount(0);
    await choose('Sign-in', 'OAuth');
    await choose('Access token source', 'From Microsoft');
    await expect(page.getByRole('textbox', { name: 'Access token' })).toHaveCount(0);
    await expect(page.getByRole('textbox', { name: 'Client secret' })).toBeVisible();
    await choose('Proof', 'Certificate');
    await expect(page.getByRole('textbox', { name: 'Client secret' })).toHaveCount(0);
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Certificate with private key' }).click();
    await (await chooser).setFiles({
      name: 'app.pfx',
      mimeType: 'application/x-pkcs12',
      buffer: Buffer.from([0x30, 0x82, 0xff]),
    });
    await expect(page.getByText('app.pfx')).toBeVisible();
    answers['POST /connectors/test'] = { body: data.passed };
    await page.getByRole('button', { name: 'Test & save' }).click();
    const asked = page.waitForRequest('**/connectors/test');
    await page.getByRole('button', { name: 'Test connection' }).click();
    const { settings, secrets } = (await asked).postDataJSON();
    expect(settings.connection.oauth).toEqual({ token_from: 'microsoft', proof: 'certificate' });
    expect(secrets).toEqual({ client_certificate: 'MIL/' });
  });

  test('its page shows the cursor of each folder and tests the stored connection', async ({
    page,
    answers,
  }) => {
    const connector = data.connectors[0];
    await page.goto(`/settings/connectors/${connector?.id}`);
    const cursors = page.getByRole('table', { name: 'Cursor of each folder' });
    await expect(cursors.getByRole('row', { name: /INBOX\/Reports/ })).toContainText('1718000001');
    await cursors.getByRole('button', { name: 'Copy the cursor of INBOX', exact: true }).click();
    const asked = page.waitForRequest('**/connectors/test');
    await page.getByRole('button', { name: 'Test connection' }).click();
    expect((await asked).postDataJSON()).toEqual({ id: connector?.id, settings: connector?.settings });
    await expect(page.getByRole('list', { name: 'Steps of the test' })).toContainText(
      'Encrypt the connection',
    );
    await expect(page.getByRole('link', { name: 'Trust it in the settings' })).toBeVisible();
    answers['POST /connectors/test'] = { body: data.passed };
    await page.getByRole('button', { name: 'Test connection' }).click();
    await expect(page.getByText('The test passed.')).toBeVisible();
  });

  test('one from a file can be looked at, not changed', async ({ page }) => {
    await page.goto(`/settings/connectors/${data.connectors[1]?.id}/edit`);
    await expect(page.getByText('/etc/mailcase/connectors/abuse.yaml')).toBeVisible();
    await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toBeDisabled();
    await expect(page.getByRole('button', { name: 'Save', exact: true })).toHaveCount(0);
  });
});

test('a token is shown once', async ({ page, answers }) => {
  answers['POST /tokens'] = { status: 201, body: { token: 'mc_secret', details: data.tokens[0] } };
  await page.goto('/settings/account');
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Export');
  await page.getByRole('button', { name: 'Make token' }).click();
  await expect(page.getByText('mc_secret')).toBeVisible();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('mc_secret')).toHaveCount(0);
});

test('an ended session leads to sign-in and back', async ({ page, answers }) => {
  const signedIn = answers['GET /session'];
  await page.goto('/cases?severity=high');
  await expect(page.getByRole('table', { name: 'Cases' })).toBeVisible();
  answers['GET /session'] = problem(401, 'unauthenticated', 'sign in first');
  answers['GET /messages'] = problem(401, 'unauthenticated', 'sign in first');
  await page.getByRole('link', { name: 'Inbox' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  answers['POST /session'] = problem(401, 'wrong_credentials', 'the user name or the password is wrong');
  await page.getByRole('textbox', { name: 'User name' }).fill('ada');
  await page.getByRole('textbox', { name: 'Password' }).fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('the user name or the password is wrong');
  answers['POST /session'] = { body: data.me };
  if (signedIn) answers['GET /session'] = signedIn;
  answers['GET /messages'] = { body: { items: data.messages, next: null } };
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Inbox', level: 1 })).toBeVisible();
});
