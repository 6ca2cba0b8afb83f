// What a person sees of where mail comes from: what is the organization's own, and what is said of a message.
import { problem, wrongFields } from './mock/api';
import * as data from './mock/data';
import { imitation } from './mock/imitation';
import { noSettings } from './mock/origin';
import type { View } from './views';

/** `message` is where a message is opened. */
export const originViews = (message: string): View[] => [
  { name: 'own-domains', path: '/settings/own-domains' },
  {
    name: 'own-domains-empty',
    path: '/settings/own-domains',
    given: (answers) => {
      answers['GET /origin-settings'] = { body: noSettings };
    },
  },
  {
    name: 'own-domains-failed',
    path: '/settings/own-domains',
    given: (answers) => {
      answers['GET /origin-settings'] = problem(503, 'database', 'try again soon');
    },
  },
  {
    name: 'own-domains-refused',
    path: '/settings/own-domains',
    given: (answers) => {
      answers['PUT /origin-settings'] = wrongFields(['settings.domains[0]', '`x` is no domain']);
    },
    reach: async (page) => {
      await page.getByRole('switch', { name: /Verify senders/ }).click();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'own-domains-read-only',
    path: '/settings/own-domains',
    given: (answers) => {
      answers['GET /session'] = { body: { ...data.me, permissions: ['read_desk', 'read_connectors'] } };
    },
  },
  {
    name: 'message-records',
    path: `${message}?tab=headers`,
    reach: (page) => page.getByText('What the DNS said').click(),
  },
  {
    name: 'message-imitation',
    path: message,
    given: (answers) => {
      answers[`GET ${message.replace('/inbox', '/messages')}`] = { body: imitation };
    },
  },
];
