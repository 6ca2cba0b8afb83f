// The list of connectors, and what is done from it and seen seldom.
import type { Page } from '@playwright/test';
import { pausedInTrouble, unattended } from './mock/states';
import type { View } from './views';

const openMenu = (page: Page) =>
  page
    .getByRole('button', { name: /Actions for/ })
    .first()
    .click();

/** Of the page of one connector, and of the list. */
export const connectorViews = (connector: string): View[] => [
  { name: 'connectors', path: '/settings/connectors' },
  {
    name: 'connectors-not-run',
    path: '/settings/connectors',
    given: (answers) => {
      answers['GET /connectors'] = { body: { items: [unattended, pausedInTrouble], next: null } };
    },
  },
  {
    name: 'connectors-menu',
    path: '/settings/connectors',
    reach: (page) => page.getByRole('button', { name: 'Actions for Abuse' }).click(),
    over: true,
  },
  { name: 'connector-menu', path: connector, reach: openMenu, over: true },
  {
    name: 'connector-delete',
    path: connector,
    reach: async (page) => {
      await openMenu(page);
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'connector-paused-in-trouble',
    path: `/settings/connectors/${pausedInTrouble.id}`,
    given: (answers) => {
      answers[`GET /connectors/${pausedInTrouble.id}`] = { body: pausedInTrouble };
    },
  },
];
