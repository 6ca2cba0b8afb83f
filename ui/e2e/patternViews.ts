// What a person sees of an organization's patterns.
import type { Page } from '@playwright/test';
import * as patterns from './mock/patterns';
import type { View } from './views';

const tryPattern = async (page: Page) => {
  await page.getByRole('button', { name: 'Try' }).first().click();
  await page.getByText('Found in').waitFor();
};

export const PATTERN_VIEWS: View[] = [
  { name: 'patterns', path: '/settings/patterns' },
  {
    name: 'patterns-empty',
    path: '/settings/patterns',
    given: (answers) => {
      answers['GET /patterns'] = { body: { items: [] } };
    },
  },
  { name: 'pattern', path: `/settings/patterns/${patterns.ticket.id}`, reach: tryPattern },
  { name: 'pattern-new', path: '/settings/patterns/new' },
];
