import { defineConfig } from '@playwright/test';

const reporter = process.env.CI ? 'line' : 'list';

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  fullyParallel: true,
  workers: 2,
  retries: 0,
  reporter,
  projects: [
    { name: 'pages', testIgnore: 'server/**' },
    // Everything at the server needs the administrator whom the first mail makes.
    { name: 'first-mail', testMatch: 'server/first-mail.spec.ts' },
    {
      name: 'server',
      testMatch: 'server/*.spec.ts',
      testIgnore: 'server/first-mail.spec.ts',
      dependencies: ['first-mail'],
    },
  ],
  use: {
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    viewport: { width: 1280, height: 800 },
  },
});
