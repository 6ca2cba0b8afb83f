#!/usr/bin/env node
// Watches the list of cases in a real browser: `watch-cases.mjs URL USER PASSWORD` prints `ready` once the list follows
// the server, and then `MILLISECONDS TITLE` for every case when it has been painted. Ends when killed.
// Driven by crates/mailcase-it/examples/latency.rs.
import { chromium } from '@playwright/test';

const [url, user, password] = process.argv.slice(2);
if (!url || !user || !password) {
  process.stderr.write('usage: watch-cases.mjs URL USER PASSWORD\n');
  process.exit(2);
}
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'],
});
// A second signal is no news; the first closes the browser with us.
process.once('SIGTERM', () => void browser.close());
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(`${url}/cases`);
await page.getByRole('textbox', { name: 'User name' }).fill(user);
await page.getByRole('textbox', { name: 'Password' }).fill(password);
await page.getByRole('button', { name: 'Sign in' }).click();
await page.getByRole('status', { name: 'Live updates: Live' }).waitFor();
await page.getByRole('heading', { name: 'Cases', level: 1 }).waitFor();
await page.exposeFunction('painted', (millis, title) => process.stdout.write(`${millis} ${title}\n`));
await page.evaluate(() => {
  const known = new Set();
  const look = (report) => {
    for (const link of document.querySelectorAll('main [data-row-link]')) {
      const title = link.textContent?.trim() ?? '';
      if (known.has(title)) continue;
      known.add(title);
      // A task after the next frame runs when that frame has been drawn.
      if (report) requestAnimationFrame(() => setTimeout(() => window.painted(Date.now(), title)));
    }
  };
  look(false);
  new MutationObserver(() => look(true)).observe(document.body, { childList: true, subtree: true });
});
process.stdout.write('ready\n');
