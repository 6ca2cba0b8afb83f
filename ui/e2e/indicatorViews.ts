// What a person sees of indicators: a message's, those of all mail, and their marks.
import type { Page } from '@playwright/test';
import { problem } from './mock/api';
import * as data from './mock/data';
import type { View } from './views';

const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click();

/** `message` is where a message is opened. */
export const indicatorViews = (message: string): View[] => [
  { name: 'message-indicators', path: `${message}?tab=indicators` },
  {
    name: 'message-indicators-unfolded',
    path: `${message}?tab=indicators`,
    reach: async (page) => {
      await press(/^Own 1/)(page);
      await press(/^Set aside 2/)(page);
      await press('2 more')(page);
    },
  },
  {
    name: 'message-indicators-none',
    path: `${message}?tab=indicators`,
    given: (answers) => {
      answers[`GET /messages/${data.message.summary.id}/indicators`] = { body: { items: [], next: null } };
    },
  },
  {
    name: 'message-indicators-export',
    path: `${message}?tab=indicators`,
    reach: press('Export'),
    over: true,
  },
  { name: 'message-with-indicator', path: '/inbox?indicator=domain:pay.example.net' },
  { name: 'indicators', path: '/indicators' },
  {
    name: 'indicators-nothing',
    path: '/indicators?q=nowhere.example',
    given: (answers) => {
      answers['GET /indicators'] = { body: { items: [], next: 'further' } };
    },
  },
  {
    name: 'indicators-failed',
    path: '/indicators',
    given: (answers) => {
      answers['GET /indicators'] = problem(503, 'database', 'try again soon');
    },
  },
  { name: 'marks', path: '/settings/marks' },
  {
    name: 'marks-empty',
    path: '/settings/marks',
    given: (answers) => {
      answers['GET /indicators/marks'] = { body: { items: [], next: null } };
    },
  },
  {
    name: 'marks-refused',
    path: '/settings/marks',
    given: (answers) => {
      answers['PUT /indicators/marks'] = problem(
        422,
        'invalid',
        'write a domain somebody can own, such as example.com',
      );
    },
    reach: async (page) => {
      await page.getByRole('textbox', { name: 'Domain' }).fill('com');
      await press('Add as benign')(page);
      await page.getByText('write a domain somebody can own').first().waitFor();
    },
  },
];
