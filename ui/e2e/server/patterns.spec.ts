// Patterns at the real server: begun with a ready-made one, written, tried on stored mail, kept, run over new mail.
import { randomUUID } from 'node:crypto';
import { expect, type Page, test } from '@playwright/test';
import { AT_THE_SERVER, signIn } from './environment';
import { send } from './lmtp';

test.use(AT_THE_SERVER);

const mark = randomUUID().slice(0, 8);
const TIMEOUT = { timeout: 30_000 };

const listed = (page: Page, name: string) =>
  page.getByRole('table', { name: 'Patterns', exact: true }).getByRole('row', { name });

test('a pattern is tried on stored mail and run over what comes', async ({ page }) => {
  test.setTimeout(120_000);
  await signIn(page);

  await test.step('a ready-made one is taken as it is', async () => {
    await page.goto('/settings/patterns');
    await page.getByRole('link', { name: 'Begin with it: Attachment name' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Attachments ${mark}`);
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(listed(page, `Attachments ${mark}`)).toBeVisible();
  });

  await test.step('an own one is told what is wrong with it, then what it finds in stored mail', async () => {
    await send({ subject: `Ticket of ${mark}`, lines: [`About TCK-${mark}-10442, as promised.`] });
    await page.goto('/inbox');
    await expect(page.getByRole('link', { name: `Ticket of ${mark}` })).toBeVisible(TIMEOUT);
    await page.goto('/settings/patterns');
    await page.getByRole('link', { name: 'New pattern' }).click();
    await page.getByRole('textbox', { name: 'Expression' }).fill(`TCK-${mark}-(?<value>\\d{5}`);
    await page.getByRole('textbox', { name: 'On messages with these words' }).fill(mark);
    await page.getByRole('button', { name: 'Try' }).click();
    await expect(page.getByText(/unclosed group/)).toBeVisible();
    await page.getByRole('textbox', { name: 'Expression' }).fill(`TCK-${mark}-(?<value>\\d{5})`);
    await page.getByRole('button', { name: 'Try' }).click();
    await expect(page.getByText('Found in 1 of 1 messages')).toBeVisible(TIMEOUT);
    await expect(page.getByRole('region', { name: `Ticket of ${mark}` })).toContainText('10442');
  });

  await test.step('it is kept', async () => {
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Ticket ${mark}`);
    await page.getByRole('textbox', { name: 'Field' }).fill('ticket');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(listed(page, `Ticket ${mark}`)).toContainText('Field: ticket');
  });

  await test.step('another gives indicators', async () => {
    await page.getByRole('link', { name: 'New pattern' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Image ${mark}`);
    await page.getByRole('textbox', { name: 'Expression' }).fill(`image (?<value>[a-z]+-${mark})`);
    await page.getByText('Indicator', { exact: true }).click();
    await page.getByRole('combobox', { name: 'Kind of indicator' }).click();
    await page.getByRole('option', { name: 'File name', exact: true }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(listed(page, `Image ${mark}`)).toContainText('Indicator: File name');
  });

  await test.step('mail that comes now has their values', async () => {
    const subject = `News of ${mark}`;
    await send({ subject, lines: [`TCK-${mark}-10443 is about the image backup-${mark}.`] });
    await page.goto('/inbox');
    await page.getByRole('link', { name: subject }).click(TIMEOUT);
    await page.getByRole('tab', { name: /Indicators/ }).click();
    const values = page.getByRole('table', { name: 'Values' });
    await expect(values.getByRole('row', { name: '10443' })).toContainText('Field: ticket');
    await expect(page.getByRole('listitem', { name: `File name backup-${mark}` })).toBeVisible();
  });

  await test.step('a pattern that is not needed any longer is deleted', async () => {
    await page.goto('/settings/patterns');
    for (const name of [`Attachments ${mark}`, `Ticket ${mark}`, `Image ${mark}`]) {
      await page.getByRole('button', { name: `Delete ${name}` }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete pattern' }).click();
      await expect(listed(page, name)).toHaveCount(0);
    }
  });
});
