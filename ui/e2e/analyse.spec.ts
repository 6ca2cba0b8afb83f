// Analysing files that are kept nowhere: choosing, dropping, progress, results, failures, and nothing left behind.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Page } from '@playwright/test';
import { problem } from './mock/api';
import { everything } from './mock/evidence';
import { expect, test } from './mock/test';

const eml = (name: string) => ({
  name,
  mimeType: 'message/rfc822',
  buffer: Buffer.from(`Subject: ${name}\n\nx`),
});
const give = (page: Page, ...names: string[]) =>
  page.locator('input[type=file]').setInputFiles(names.map(eml));

test('a file is sent as it is, and only what was chosen is asked for and shown', async ({ page }) => {
  await page.goto('/inbox');
  await expect(page.getByRole('link', { name: /FW: Your invoice/ })).toBeVisible();
  // Two keys shortly one after the other: a busy machine must not come between them.
  await Promise.all([page.keyboard.press('g'), page.keyboard.press('a')]);
  await expect(page.getByRole('heading', { level: 1, name: 'Analyse a file' })).toBeVisible();
  await expect(page.getByText('Nothing is kept')).toBeVisible();
  await page.getByRole('checkbox', { name: 'Indicators' }).uncheck();
  await page.getByRole('checkbox', { name: 'Headers' }).uncheck();
  const sent = page.waitForRequest((request) => request.url().includes('/analyses'));
  await give(page, 'report.eml');
  const request = await sent;
  expect(new URL(request.url()).searchParams.get('include')).toBe('body,parts');
  expect(request.headers()).toMatchObject({
    'content-type': 'application/octet-stream',
    'x-csrf-token': 'csrf',
  });
  await expect(page.getByRole('heading', { level: 2, name: 'report.eml' })).toBeVisible();
  await expect(page.getByRole('tab', { name: 'Text' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('tab', { name: /Indicators/ })).toHaveCount(0);
  await expect(page.getByRole('tab', { name: /Headers/ })).toHaveCount(0);
  await page.getByRole('tab', { name: /Parts/ }).click();
  await page.getByRole('treeitem', { name: /FW invoice/ }).click();
  const part = page.getByRole('article', { name: 'The chosen part' });
  await expect(part).toContainText('Outlook message');
  await expect(part.getByRole('link'), 'nothing is kept, so nothing is downloaded').toHaveCount(0);
});

test('indicators are copied defanged', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/analyse');
  await give(page, 'report.eml');
  await page.getByRole('tab', { name: /Indicators/ }).click();
  await page.getByRole('button', { name: /Copy \d+ defanged/ }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('hxxps://pay[.]example[.]net');
});

test('nothing is asked for when nothing is chosen', async ({ page }) => {
  await page.goto('/analyse');
  for (const name of ['Headers', 'Body', 'Parts', 'Indicators']) {
    await page.getByRole('checkbox', { name }).uncheck();
  }
  await expect(page.getByText('Choose at least one.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Choose files' })).toBeDisabled();
});

test('files are dropped and analysed one after the other', async ({ page, answers }) => {
  const server = await slowServer();
  answers['POST /analyses'] = (route) => route.continue({ url: server.url });
  await page.goto('/analyse');
  const files = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['Subject: 1'], 'one.eml'));
    transfer.items.add(new File(['Subject: 2'], 'two.msg'));
    return transfer;
  });
  await page.getByTestId('drop-zone').dispatchEvent('drop', { dataTransfer: files });
  const list = page.getByRole('list', { name: 'Files' });
  await expect(list.getByRole('listitem').first()).toContainText('Analysing');
  await expect(page.getByRole('status').filter({ hasText: 'The server takes it apart' })).toBeVisible();
  await expect(list.getByRole('listitem').nth(1)).toContainText('Waiting');
  expect(server.received).toEqual(['Subject: 1']);
  server.answerNext();
  await expect(list.getByRole('listitem').first()).toContainText('Done');
  await expect(list.getByRole('listitem').nth(1)).toContainText('Analysing');
  expect(server.received).toEqual(['Subject: 1', 'Subject: 2']);
  // The second is given up on its way.
  await list.getByRole('button', { name: 'Forget two.msg' }).click();
  await expect(list).toHaveCount(0);
  await expect(page.getByRole('heading', { level: 2 }).first()).toContainText('FW: Your invoice');
  server.close();
});

/** Takes what is sent, as only a real server does, and answers when it is told to. */
async function slowServer() {
  const received: string[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    received.push(await text(request));
    waiting.push(() =>
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(everything)),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    received,
    answerNext: () => waiting.shift()?.(),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('says what failed and tries again', async ({ page, answers }) => {
  const working = answers['POST /analyses'];
  answers['POST /analyses'] = (route) => route.abort('connectionreset');
  await page.goto('/analyse');
  await give(page, 'report.eml');
  await expect(page.getByRole('alert')).toContainText('did not reach the server');
  answers['POST /analyses'] = problem(400, 'malformed_body', 'the file broke off');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('alert')).toContainText('report.eml broke off on its way');
  if (working) answers['POST /analyses'] = working;
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('tab', { name: /Parts/ })).toBeVisible();
  answers['POST /analyses'] = problem(413, 'too_large', 'files of up to 200 MiB are analysed');
  await give(page, 'huge.eml');
  await expect(page.getByRole('alert').filter({ hasText: 'huge.eml is too large' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
});

test('leaves nothing behind, neither on the page nor in the browser', async ({ page }) => {
  await page.goto('/analyse');
  const stored = () =>
    page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  const before = await stored();
  await give(page, 'report.eml');
  await expect(page.getByRole('tab', { name: /Parts/ })).toBeVisible();
  expect(await stored()).toBe(before);
  expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
  await page.getByRole('link', { name: 'Cases' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Cases' })).toBeVisible();
  await page.getByRole('link', { name: 'Analyse a file' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Analyse a file' })).toBeVisible();
  await expect(page.getByRole('tab')).toHaveCount(0);
});
