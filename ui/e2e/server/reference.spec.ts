// The reference page of the API, as the program serves it and under the policy it sends: nothing of it is refused.
import { expect, type Locator, type Page, test } from '@playwright/test';
import { AT_THE_SERVER, env, signIn } from './environment';

test.use(AT_THE_SERVER);

async function unfold(page: Page, operation: string): Promise<Locator> {
  const block = page.locator(`#operations-${operation}`);
  await block.locator('.opblock-summary-control').click();
  await block.getByRole('button', { name: 'Try it out' }).click();
  return block;
}

async function execute(page: Page, operation: Locator, path: string): Promise<number> {
  const answered = page.waitForResponse((each) => new URL(each.url()).pathname === `/api/v1${path}`);
  await operation.getByRole('button', { name: 'Execute' }).click();
  return (await answered).status();
}

test('the API can be read about and tried out', async ({ page }) => {
  test.setTimeout(120_000);
  await signIn(page);
  const wrong: string[] = [];
  const elsewhere: string[] = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (line) => line.type() === 'error' && wrong.push(line.text()));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== new URL(env('MAILCASE_URL')).origin) {
      elsewhere.push(request.url());
    }
  });

  const response = await page.goto('/api/v1/docs');
  expect(new URL(page.url()).pathname).toBe('/reference/');
  expect(response?.headers()['content-security-policy']).toMatch(/default-src 'none'; script-src 'self';/);
  await expect(page.getByRole('heading', { name: /^Mailcase/ })).toBeVisible({ timeout: 30_000 });

  const list = await unfold(page, 'cases-list_cases');
  await expect(list.getByRole('row', { name: /severity/ }).first()).toBeVisible();
  expect(await execute(page, list, '/cases')).toBe(200);
  await expect(list.locator('.live-responses-table')).toContainText('"items"');

  // What changes or asks with a body needs the token of the session, which the page brings along.
  const lookUp = await unfold(page, 'indicators-look_up_indicators');
  await lookUp.locator('textarea').fill('{"indicators":[{"kind":"domain","value":"evil.example"}]}');
  expect(await execute(page, lookUp, '/indicators/lookups')).toBe(200);

  expect(wrong, 'errors of the page').toEqual([]);
  expect(elsewhere, 'nothing is loaded from elsewhere').toEqual([]);
});
