// Playwright's `test` with the built app on a port of its own, under the policy the server sends.
import { test as base, expect } from '@playwright/test';
import { preview } from 'vite';
import { type Answers, desk, mockApi } from './api';

/** As the server sends it. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "frame-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

type Fixtures = {
  /** What the stand-in for the server answers; changed before the page is opened. */
  answers: Answers;
};

export const test = base.extend<Fixtures, { appUrl: string }>({
  appUrl: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const server = await preview({
        logLevel: 'error',
        preview: { port: 0, host: '127.0.0.1', headers: { 'Content-Security-Policy': POLICY } },
      });
      const address = server.httpServer.address();
      if (typeof address !== 'object' || !address) throw new Error('the preview server has no address');
      await use(`http://127.0.0.1:${address.port}`);
      await server.close();
    },
    { scope: 'worker' },
  ],
  baseURL: ({ appUrl }, use) => use(appUrl),
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
  answers: async ({}, use) => use(desk()),
  page: async ({ page, answers }, use) => {
    const broken: string[] = [];
    page.on('pageerror', (error) => broken.push(error.message));
    page.on('console', (line) => {
      if (line.type() === 'error' && line.text().includes('Content Security Policy'))
        broken.push(line.text());
    });
    await mockApi(page, answers);
    await use(page);
    expect(broken, 'errors in the page').toEqual([]);
  },
});

export { expect };
