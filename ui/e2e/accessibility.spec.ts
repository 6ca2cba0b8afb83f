// Every view, on a desk and on a phone, light and dark: axe finds nothing, and nothing runs over the edge.
// SCREENSHOTS=FOLDER keeps a picture of each, for looking at them.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './mock/test';
import { openView, SCREENS, VIEWS } from './views';

// Of what axe finds, its own words tell more than a trace, and a trace of every view takes a third of the time.
test.use({ trace: 'off' });

for (const [screen, viewport] of Object.entries(SCREENS)) {
  test.describe(screen, () => {
    test.use({ viewport, contextOptions: { reducedMotion: 'reduce' } });
    for (const view of VIEWS) {
      test(view.name, async ({ page, answers }) => {
        await openView(page, view, answers);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect.soft(width, 'nothing runs over the edge').toBeLessThanOrEqual(viewport.width);
        await keepPicture(page, `${view.name}-${screen}-light`);
        expect
          .soft(await findings(page, (axe) => (view.over ? axe.disableRules('region') : axe)))
          .toEqual([]);
        await page.emulateMedia({ colorScheme: 'dark' });
        await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
        await keepPicture(page, `${view.name}-${screen}-dark`);
        expect.soft(await findings(page, (axe) => axe.withRules('color-contrast')), 'dark').toEqual([]);
      });
    }
  });
}

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
