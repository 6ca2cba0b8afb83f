// Drags files onto a page as a person does from the desktop: the browser itself makes the events.
import type { Locator, Page } from '@playwright/test';

/** Drops the files of these paths onto the middle of `target`; ends when the page has heard of it. */
export async function dropFiles(page: Page, target: Locator, files: string[]): Promise<void> {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  if (!box) throw new Error('the target of the drop is not visible');
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const browser = await page.context().newCDPSession(page);
  // Copying is what a desktop offers.
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await browser.send('Input.dispatchDragEvent', { type, ...at, data });
  }
  await browser.detach();
}
