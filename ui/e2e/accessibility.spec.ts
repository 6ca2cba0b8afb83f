// Every view, on a desk and on a phone, light and dark: axe finds nothing, and nothing runs over the edge.
// SCREENSHOTS=FOLDER keeps a picture of each, for looking at them.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './mock/test';
import { openView, SCREENS, VIEWS, type View } from './views';

// Of what axe finds, its own words tell more than a trace, and a trace of every view takes a third of the time.
test.use({ trace: 'off', viewport: SCREENS.desktop, contextOptions: { reducedMotion: 'reduce' } });

// Opening a view takes as long as judging it: the desk is narrowed to a phone, which people do with windows too. Colours
// do not depend on the width, so that the phone is judged in the dark alone.
for (const view of VIEWS) {
  test(view.name, async ({ page, answers }) => {
    await openView(page, view, answers);
    await fits(page, view, 'desktop');
    await keepPicture(page, `${view.name}-desktop-light`);
    expect.soft(await findings(page, everyRule(view)), 'desktop').toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
    await keepPicture(page, `${view.name}-desktop-dark`);
    const contrast = (axe: AxeBuilder) => axe.withRules('color-contrast');
    expect.soft(await findings(page, contrast), 'desktop, dark').toEqual([]);
    await page.setViewportSize(SCREENS.phone);
    await fits(page, view, 'phone');
    await keepPicture(page, `${view.name}-phone-dark`);
    expect.soft(await findings(page, everyRule(view)), 'phone, dark').toEqual([]);
  });
}

/** Waits until the page is laid out for the screen, which it may not run over. */
async function fits(page: Page, view: View, screen: keyof typeof SCREENS): Promise<void> {
  const { width } = SCREENS[screen];
  const reached = () => page.evaluate(() => document.documentElement.scrollWidth);
  await expect.soft.poll(reached, `${view.name} fits a ${screen}`).toBeLessThanOrEqual(width);
}

const everyRule = (view: View) => (axe: AxeBuilder) => (view.over ? axe.disableRules('region') : axe);

async function findings(page: Page, rules: (axe: AxeBuilder) => AxeBuilder) {
  // The mail in the preview is its sender's, in a frame that runs nothing, not even axe. There are no other frames, so that
  // axe may find and judge in one go, where it would open a page of its own for judging.
  const axe = new AxeBuilder({ page }).setLegacyMode().exclude('iframe[sandbox=""]');
  const { violations } = await rules(axe).analyze();
  return violations.map(({ id, impact, help, nodes }) => ({
    rule: `${id} (${impact}): ${help}`,
    at: nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`),
  }));
}

async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}
