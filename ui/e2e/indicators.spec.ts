// Indicators: found by kind, folded, marked by mouse and key, copied and given out, searched over all mail.
import type { Page } from '@playwright/test';
import { announce } from './mock/api';
import { message } from './mock/data';
import { everywhere, malicious, ofMessage } from './mock/indicators';
import { expect, test } from './mock/test';

const path = `/inbox/${message.summary.id}?tab=indicators`;
const row = (page: Page, name: string | RegExp) => page.getByRole('listitem', { name });

test('what is own or nobody’s is folded away, and what is malicious stands first', async ({ page }) => {
  await page.goto(path);
  const domains = page.getByRole('list', { name: 'Domains' });
  await expect(domains.getByRole('listitem')).toHaveCount(2);
  await expect(domains.getByRole('listitem').first()).toContainText('pay[.]example[.]net');
  await expect(domains.getByRole('listitem').first()).toContainText('Malicious');
  await expect(row(page, /petra/)).toHaveCount(0);
  await page.getByRole('button', { name: /^Own 1/ }).click();
  await expect(row(page, /petra/)).toContainText('87 other messages, 41 cases');
  await page.getByRole('button', { name: /^Set aside 2/ }).click();
  await expect(row(page, /w3/)).toBeVisible();
  await page.getByRole('textbox', { name: 'Filter indicators' }).fill('pay.example');
  await expect(row(page, /^Domain /)).toHaveCount(1);
  await expect(page.getByRole('button', { name: /^Own/ })).toHaveCount(0);
});

test('a row says what is odd, where it stands and what it was taken out of', async ({ page }) => {
  await page.goto(path);
  const url = row(page, /^URL /);
  await expect(url).toContainText('Text differs');
  await expect(url).toContainText('html of /1/2 (link)');
  await expect(url).toContainText('taken out of Safe Links→ Proofpoint');
  await expect(row(page, /xn--/)).toContainText('reads nоrthwind.example');
  await expect(row(page, /192/)).toContainText('1,000+ other messages');
  await url.getByRole('button', { name: 'text of /1/1' }).click();
  await expect(page).toHaveURL(/tab=parts&part=%2F1%2F1/);
});

test('a mark is set with one key or click and taken back with another', async ({ page }) => {
  const calls: string[] = [];
  await page.route('**/api/v1/indicators/marks**', (route) => {
    const request = route.request();
    calls.push(`${request.method()} ${request.postData() ?? new URL(request.url()).search}`);
    return route.fulfill({ status: 204 });
  });
  await page.goto(path);
  await row(page, /^Domain pay/)
    .getByRole('button', { name: /^Copy/ })
    .focus();
  await page.keyboard.press('k');
  await expect(row(page, /^URL /).getByRole('button', { name: /^Copy/ })).toBeFocused();
  await page.keyboard.press('m');
  await expect.poll(() => calls.length).toBe(1);
  expect(calls[0]).toContain('"mark":"malicious"');
  expect(calls[0]).toContain('"value":"https://pay.example.net/i/2026-0417"');
  await row(page, /^Domain pay/)
    .getByRole('button', { name: /^Mark malicious/ })
    .click();
  await expect.poll(() => calls.length).toBe(2);
  expect(calls[1]).toBe('DELETE ?scope=value&kind=domain&value=pay.example.net');
  await page.keyboard.press('Control+m');
  expect(calls).toHaveLength(2);
});

test('a mark somebody else sets appears by itself', async ({ page, answers }) => {
  await page.goto(path);
  await expect(row(page, /^URL /)).not.toContainText('Malicious');
  const marked = ofMessage.map((one) => (one.found.kind === 'url' ? { ...one, mark: malicious } : one));
  answers[`GET /messages/${message.summary.id}/indicators`] = { body: { items: marked, next: null } };
  await announce(page, 'marks_changed', {});
  await expect(row(page, /^URL hxxps:..pay/)).toContainText('Malicious');
});

test('who may only read marks nothing', async ({ page, answers }) => {
  const session = answers['GET /session'] as { body: object };
  answers['GET /session'] = { body: { ...session.body, permissions: ['read_desk'] } };
  await page.goto(path);
  await expect(row(page, /^URL /)).toBeVisible();
  await expect(page.getByRole('button', { name: /^Mark/ })).toHaveCount(0);
  await page.goto('/settings/marks');
  await expect(page.getByRole('table', { name: 'Marks' })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Take back/ })).toHaveCount(0);
});

test('values are copied defanged unless asked otherwise, and given out', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(path);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole('button', { name: 'Copy 7 defanged' }).click();
  expect(await copied()).toContain('hxxps://pay[.]example[.]net/i/2026-0417\npay[.]example[.]net');
  expect(await copied()).not.toContain('northwind[.]example\n');
  await page.getByRole('button', { name: 'Other ways to copy' }).click();
  await page.getByRole('menuitem', { name: 'Copy as they are' }).click();
  expect(await copied()).toContain('https://pay.example.net/i/2026-0417\n');
  await page.getByRole('button', { name: 'Export' }).click();
  const document = page.getByRole('menuitem', { name: 'STIX 2.1 bundle' });
  await expect(document).toHaveAttribute('href', /\/messages\/.+\/indicators\/export\?format=stix$/);
});

test('the search goes into the address and on when there is more', async ({ page, answers }) => {
  const asked: URLSearchParams[] = [];
  answers['GET /indicators'] = (route) => {
    const query = new URL(route.request().url()).searchParams;
    asked.push(query);
    const last = query.has('cursor');
    const items = query.get('q') && !last ? [] : everywhere.slice(0, last ? 1 : 3);
    return route.fulfill({ json: { items, next: last ? null : 'further' } });
  };
  await page.goto('/indicators');
  await expect(page.getByRole('list', { name: 'Indicators' }).getByRole('listitem')).toHaveCount(3);
  await page.getByRole('searchbox', { name: 'Search' }).fill('evil[.]example');
  await expect(page).toHaveURL(/q=evil%5B\.%5Dexample/);
  await expect(page.getByText('There are more to look through')).toBeVisible();
  await page.getByRole('button', { name: 'Look further' }).click();
  await expect(page.getByRole('listitem', { name: /^URL/ })).toBeVisible();
  expect(asked.at(-1)?.get('cursor')).toBe('further');
  await page.goto('/indicators?mark=malicious&kind=domain&seen=week');
  await expect(page.getByRole('listitem', { name: /pay/ }).first()).toBeVisible();
  const last = asked.at(-1);
  expect([last?.get('mark'), last?.get('kind'), Boolean(last?.get('since'))]).toEqual([
    'malicious',
    'domain',
    true,
  ]);
});

test('where an indicator was seen leads to the messages', async ({ page, answers }) => {
  const asked: (string | null)[] = [];
  const listed = answers['GET /messages'] as { body: object };
  answers['GET /messages'] = (route) => {
    asked.push(new URL(route.request().url()).searchParams.get('indicator'));
    return route.fulfill({ json: listed.body });
  };
  await page.goto('/indicators');
  await page
    .getByRole('listitem', { name: /^Domain pay/ })
    .getByRole('link')
    .click();
  await expect(page).toHaveURL(/\/inbox\?indicator=domain%3Apay\.example\.net/);
  await expect(page.getByText('with Domain pay[.]example[.]net')).toBeVisible();
  await expect.poll(() => asked.at(-1)).toBe('domain:pay.example.net');
  await page.getByRole('button', { name: 'Any indicator' }).click();
  await expect.poll(() => asked.at(-1)).toBeNull();
});

test('a domain is added to the list and taken off it', async ({ page, answers }) => {
  const bodies: unknown[] = [];
  answers['PUT /indicators/marks'] = (route) => {
    bodies.push(route.request().postDataJSON());
    return route.fulfill({ status: 204 });
  };
  await page.goto('/settings/marks');
  await page.getByRole('textbox', { name: 'Domain' }).fill('shop.example');
  await page.getByRole('button', { name: 'Add as benign' }).click();
  await expect(page.getByText('shop.example was added')).toBeVisible();
  expect(bodies).toEqual([{ scope: 'below', value: 'shop.example', mark: 'benign', note: '' }]);
  const gone = page.waitForRequest((request) => request.method() === 'DELETE');
  await page.getByRole('button', { name: 'Take back 198[.]51[.]100[.]0/24' }).click();
  expect(new URL((await gone).url()).search).toBe('?scope=network&value=198.51.100.0%2F24');
});

test('own domains are listed where marks are, and changed in the settings', async ({ page }) => {
  await page.goto('/settings/marks');
  const own = page.getByRole('table', { name: 'Marks' }).getByRole('row', { name: 'northwind[.]example' });
  await expect(own).toContainText('Domain and below');
  await expect(own.getByRole('button')).toHaveCount(0);
  await page.getByRole('combobox', { name: 'What it reaches' }).click();
  await page.getByRole('option', { name: 'Network or address' }).click();
  await expect(page.getByRole('radio', { name: 'Own' })).toBeChecked();
  await own.getByRole('link', { name: 'Own domains' }).click();
  await expect(page.getByRole('heading', { name: 'Own domains', level: 1 })).toBeVisible();
});
