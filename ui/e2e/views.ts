// Everything a person can look at: each page, and what opens over a page.
import { expect, type Page } from '@playwright/test';
import type { Comparison } from '../src/api/types';
import { connectorViews } from './connectorViews';
import { indicatorViews } from './indicatorViews';
import { type Answers, problem, wrongFields } from './mock/api';
import * as data from './mock/data';
import { complete } from './mock/evidence';
import * as keys from './mock/keys';
import { haveSwitched, standBeside } from './mock/migration';
import * as reported from './mock/reported';
import { originViews } from './originViews';
import { PATTERN_VIEWS } from './patternViews';

export type View = {
  name: string;
  path: string;
  /** Changes what the server answers, before the page is opened. */
  given?: (answers: Answers) => void;
  /** What is done once the page stands. */
  reach?: (page: Page) => Promise<void>;
  /** Ends with a menu or a hint, which lies outside of the landmarks of the page by nature. */
  over?: true;
};

const message = `/inbox/${data.message.summary.id}`;
const everything = `/inbox/${complete.summary.id}`;
const aCase = `/cases/${data.caseDetail.summary.id}`;
const connector = `/settings/connectors/${data.connectors[0]?.id}`;
const exchange = `/settings/connectors/${data.exchange.id}`;
const migrate = `${exchange}/migrate`;
const beside = (comparison: Comparison | null) => (answers: Answers) => standBeside(answers, comparison);
const signedOut = (answers: Answers) => {
  answers['GET /session'] = problem(401, 'unauthenticated', 'sign in first');
};
const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click();
/** Goes so many steps on in the wizard. */
const next = (steps: number) => async (page: Page) => {
  for (let step = 0; step < steps; step += 1) await press('Next')(page);
};
const tab = (name: string | RegExp) => (page: Page) => page.getByRole('tab', { name }).click();

/** Gives files to the page and waits until the last of them stands. */
const give =
  (...names: string[]) =>
  async (page: Page) => {
    const files = names.map((name) => ({
      name,
      mimeType: 'message/rfc822',
      buffer: Buffer.from('Subject: x'),
    }));
    await page.locator('input[type=file]').setInputFiles(files);
    await page.getByRole('button', { name: 'Forget', exact: true }).waitFor();
  };

/** Gives key files and waits until what is in them is told. */
const giveKeys =
  (...names: string[]) =>
  async (page: Page) => {
    const files = names.map((name) => ({
      name,
      mimeType: 'application/x-pkcs12',
      buffer: Buffer.from('x'),
    }));
    await page.locator('input[type=file]').setInputFiles(files);
    await page
      .getByRole('button', { name: 'Discard' })
      .nth(names.length - 1)
      .waitFor();
    await expect(page.getByText('Looking into the file')).toHaveCount(0);
  };

export const VIEWS: View[] = [
  { name: 'sign-in', path: '/sign-in', given: signedOut },
  {
    name: 'set-up',
    path: '/setup?token=t',
    given: (answers) => {
      signedOut(answers);
      answers['GET /setup'] = { body: { needed: true } };
    },
  },
  { name: 'inbox', path: '/inbox' },
  {
    name: 'inbox-empty',
    path: '/inbox',
    given: (answers) => {
      answers['GET /messages'] = { body: { items: [], next: null } };
    },
  },
  {
    name: 'inbox-failed',
    path: '/inbox',
    given: (answers) => {
      answers['GET /messages'] = problem(
        503,
        'database',
        'the database does not answer; try again in a moment',
      );
    },
  },
  { name: 'message', path: message },
  {
    name: 'message-filtered',
    path: `${message}?state=needs_attention&connector=${data.connectors[0]?.id}&in_case=no&automatic=yes`,
  },
  { name: 'message-hidden', path: message, reach: tab(/Hidden text/) },
  { name: 'message-with-hidden', path: message, reach: (page) => page.getByText('With hidden text').click() },
  { name: 'message-taken-out', path: message, reach: tab(/Taken out/) },
  { name: 'message-codes', path: everything, reach: tab(/codes/) },
  { name: 'parts-picture', path: `${everything}?tab=parts&part=/4` },
  {
    name: 'message-reported',
    path: message,
    given: (answers) => {
      answers[`GET ${message.replace('/inbox', '/messages')}`] = { body: reported.copiedReport };
    },
    reach: press(/^Show text of/),
  },
  {
    name: 'message-reported-chain',
    path: everything,
    given: (answers) => {
      answers[`GET ${everything.replace('/inbox', '/messages')}`] = { body: reported.chainedReport };
    },
  },
  {
    name: 'message-reported-not-there',
    path: message,
    given: (answers) => {
      answers[`GET ${message.replace('/inbox', '/messages')}`] = { body: reported.reportOfNothing };
    },
  },
  { name: 'message-text', path: `${message}?tab=text` },
  { name: 'message-headers', path: `${message}?tab=headers` },
  { name: 'message-parts', path: `${message}?tab=parts` },
  ...indicatorViews(message),
  { name: 'message-deliveries', path: `${message}?tab=deliveries` },
  { name: 'parts', path: `${everything}?tab=parts` },
  { name: 'parts-text', path: `${everything}?tab=parts&part=/1/1` },
  { name: 'parts-signed', path: `${everything}?tab=parts&part=/1` },
  { name: 'parts-message', path: `${everything}?tab=parts&part=/2`, reach: press('Show 3 headers') },
  { name: 'parts-defects', path: `${everything}?tab=parts&part=/2/2` },
  { name: 'parts-locked', path: `${everything}?tab=parts&part=/3` },
  {
    name: 'parts-text-failed',
    path: `${everything}?tab=parts&part=/1/1`,
    given: (answers) => {
      answers[`GET /messages/${complete.summary.id}/parts/text`] = problem(503, 'blobs', 'try again soon');
    },
  },
  {
    name: 'part-alone',
    path: `${everything}?tab=parts&part=/2&alone=/2`,
    reach: async (page) => {
      await page.getByRole('dialog').getByRole('tab', { name: /Parts/ }).click();
    },
  },
  { name: 'analyse', path: '/analyse' },
  { name: 'analyse-done', path: '/analyse', reach: give('first.eml', 'second.msg') },
  {
    name: 'analyse-parts',
    path: '/analyse',
    reach: async (page) => {
      await give('first.eml')(page);
      await page.getByRole('tab', { name: /Parts/ }).click();
      await page.getByRole('treeitem', { name: /FW invoice/ }).click();
    },
  },
  {
    name: 'analyse-failed',
    path: '/analyse',
    given: (answers) => {
      answers['POST /analyses'] = problem(413, 'too_large', 'files of up to 200 MiB are analysed');
    },
    reach: give('huge.eml', 'larger.eml'),
  },
  { name: 'cases', path: '/cases' },
  { name: 'cases-new', path: '/cases?new=1' },
  {
    name: 'cases-empty',
    path: '/cases',
    given: (answers) => {
      answers['GET /cases'] = { body: { items: [], next: null } };
    },
  },
  { name: 'case', path: aCase },
  {
    name: 'case-reported',
    path: aCase,
    given: (answers) => {
      answers[`GET ${aCase}/reports`] = { body: { items: reported.ofCase, next: 'further' } };
    },
  },
  {
    name: 'case-reported-later',
    path: aCase,
    given: (answers) => {
      answers[`GET ${aCase}/reports`] = { body: { items: [], next: 'further' } };
    },
  },
  {
    name: 'case-reported-failed',
    path: aCase,
    given: (answers) => {
      answers[`GET ${aCase}/reports`] = problem(503, 'database', 'try again soon');
    },
  },
  { name: 'case-messages', path: aCase, reach: tab(/Messages/) },
  { name: 'case-indicators', path: aCase, reach: tab(/Indicators/) },
  { name: 'case-attachments', path: aCase, reach: tab(/Attachments/) },
  { name: 'case-timeline', path: aCase, reach: tab(/Timeline/) },
  ...connectorViews(connector),
  { name: 'connector', path: connector },
  {
    name: 'connector-refused',
    path: connector,
    given: (answers) => {
      answers[`GET /connectors/${data.connectors[0]?.id}`] = { body: data.refusedOnTheServer };
    },
    reach: (page) => page.getByText('Not done on the server').waitFor(),
  },
  { name: 'connector-access', path: `/settings/connectors/${data.connectors[1]?.id}` },
  { name: 'connector-no-access', path: `/settings/connectors/${data.connectors[2]?.id}` },
  {
    name: 'access-denied',
    path: '/email-oauth?state=s&error=access_denied',
    given: (answers) => {
      answers['POST /grants'] = problem(502, 'sign_in', 'the person did not agree');
    },
    reach: async (page) => {
      await page.getByRole('heading', { name: 'Access was not granted' }).waitFor();
    },
  },
  { name: 'connector-edit', path: `${connector}/edit` },
  { name: 'connector-from-file', path: `/settings/connectors/${data.connectors[1]?.id}/edit` },
  { name: 'connector-new', path: '/settings/connectors/new' },
  { name: 'connector-new-connection', path: '/settings/connectors/new', reach: next(1) },
  { name: 'connector-new-folders', path: '/settings/connectors/new', reach: next(2) },
  { name: 'connector-new-take', path: '/settings/connectors/new', reach: next(3) },
  {
    name: 'connector-filter',
    path: `${connector}/edit`,
    reach: async (page) => {
      await press('Pre-filter')(page);
      await press('Preview')(page);
      await page.getByRole('table', { name: 'What the filter would have done' }).waitFor();
    },
  },
  { name: 'connector-new-cases', path: '/settings/connectors/new', reach: next(5) },
  {
    name: 'connector-new-test',
    path: '/settings/connectors/new',
    reach: async (page) => {
      await next(6)(page);
      await press('Test connection')(page);
      await page.getByText('The certificate is not trusted').waitFor();
    },
  },
  { name: 'connector-ends', path: exchange },
  { name: 'migrate', path: migrate },
  {
    name: 'migrate-tested',
    path: migrate,
    reach: async (page) => {
      await press('Test connection')(page);
      await page.getByText('The certificate is not trusted').waitFor();
    },
  },
  {
    name: 'migrate-refused',
    path: migrate,
    given: (answers) => {
      answers[`POST /connectors/${data.exchange.id}/migration`] = wrongFields(
        ['connection.oauth.tenant', 'a tenant is needed'],
        ['folders', 'a folder has no name'],
        ['connection.oauth', 'let it sign in as an application'],
      );
    },
    reach: async (page) => {
      await press('Run side by side')(page);
      await page.getByText('a tenant is needed').waitFor();
    },
  },
  { name: 'migrate-not-compared', path: migrate, given: beside(null) },
  { name: 'migrate-agreeing', path: migrate, given: beside(data.agreeing) },
  { name: 'migrate-disagreeing', path: migrate, given: beside(data.disagreeing) },
  { name: 'migrate-troubled', path: migrate, given: beside(data.troubled) },
  {
    name: 'migrate-switch',
    path: migrate,
    given: beside(data.agreeing),
    reach: async (page) => {
      await press('Switch to Microsoft 365')(page);
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'migrate-switched', path: migrate, given: haveSwitched },
  {
    name: 'migrate-keep',
    path: migrate,
    given: haveSwitched,
    reach: async (page) => {
      await press('Keep Microsoft 365')(page);
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'migrate-failed',
    path: migrate,
    given: (answers) => {
      answers[`GET /connectors/${data.exchange.id}/migration`] = problem(503, 'database', 'try again soon');
    },
  },
  {
    name: 'migrate-nowhere',
    path: `${connector}/migrate`,
    given: (answers) => {
      answers[`GET /connectors/${data.connectors[0]?.id}/migration`] = { body: { migration: null } };
    },
  },
  { name: 'connector-shadow', path: exchange, given: beside(data.agreeing) },
  { name: 'connector-switched', path: exchange, given: haveSwitched },
  ...originViews(message),
  ...PATTERN_VIEWS,
  { name: 'keys', path: '/settings/keys' },
  {
    name: 'keys-empty',
    path: '/settings/keys',
    given: (answers) => {
      answers['GET /keys'] = { body: { items: [] } };
    },
  },
  {
    name: 'keys-failed',
    path: '/settings/keys',
    given: (answers) => {
      answers['GET /keys'] = problem(503, 'database', 'try again soon');
    },
  },
  { name: 'keys-inspected', path: '/settings/keys', reach: giveKeys('desk.p12') },
  {
    name: 'keys-locked',
    path: '/settings/keys',
    given: (answers) => {
      answers['POST /keys/inspections'] = problem(
        422,
        'key_wrong_password',
        'the password does not open this file',
      );
    },
    reach: async (page) => {
      await giveKeys('desk.p12', 'desk until 2021.p12')(page);
      await page.getByRole('textbox', { name: 'Password of the file' }).first().fill('wrong');
      await press(/^Open$/)(page);
      await page.getByText('This does not open the file').waitFor();
    },
  },
  {
    name: 'keys-refused',
    path: '/settings/keys',
    given: (answers) => {
      answers['POST /keys/inspections'] = problem(
        422,
        'key_without_private_key',
        'there is no private key in the file',
      );
    },
    reach: giveKeys('certificate.p12'),
  },
  {
    name: 'keys-facts',
    path: '/settings/keys',
    reach: async (page) => {
      await press('Incident response')(page);
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'keys-forget',
    path: '/settings/keys',
    reach: async (page) => {
      await press('Forget Incident response')(page);
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'connector-keys',
    path: connector,
    reach: async (page) => {
      await press('Add keys')(page);
      await giveKeys('desk.p12')(page);
    },
  },
  { name: 'message-needs-key', path: everything },
  { name: 'message-key-inspected', path: everything, reach: giveKeys('desk.p12') },
  {
    name: 'message-key-kept',
    path: everything,
    given: (answers) => {
      answers['GET /reexaminations'] = { body: keys.underWay };
    },
    reach: async (page) => {
      await giveKeys('desk.p12')(page);
      await press('Keep this key')(page);
      await page.getByText(/3 of 12/).waitFor();
    },
  },
  {
    name: 'message-needs-key-analyst',
    path: everything,
    given: (answers) => {
      answers['GET /session'] = {
        body: { ...data.me, permissions: ['read_desk', 'write_desk', 'read_connectors'] },
      };
    },
  },
  { name: 'reexamination', path: '/settings/reexamination' },
  {
    name: 'reexamination-under-way',
    path: '/settings/reexamination',
    given: (answers) => {
      answers['GET /reexaminations'] = { body: keys.underWay };
    },
  },
  {
    name: 'reexamination-nothing',
    path: '/settings/reexamination',
    given: (answers) => {
      const counts = { outdated: 0, needs_key: 0, all: 0 };
      answers['GET /reexaminations'] = { body: { ...keys.reexaminations, items: [], counts } };
    },
  },
  {
    name: 'reexamination-failed',
    path: '/settings/reexamination',
    given: (answers) => {
      answers['GET /reexaminations'] = problem(503, 'database', 'try again soon');
    },
  },
  { name: 'reexamination-run', path: `/settings/reexamination/${keys.finished.summary.id}` },
  { name: 'users', path: '/settings/users' },
  { name: 'users-new', path: '/settings/users', reach: press(/New user/) },
  { name: 'account', path: '/settings/account' },
  { name: 'account-new-token', path: '/settings/account', reach: press('New token') },
  { name: 'audit', path: '/settings/audit' },
  { name: 'not-found', path: '/nowhere' },
  {
    name: 'shortcuts',
    path: '/inbox',
    reach: async (page) => {
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'alarms', path: '/inbox', reach: press(/alarm/), over: true },
  { name: 'user-menu', path: '/inbox', reach: press(/Account of/) },
  {
    name: 'palette',
    path: '/inbox',
    reach: async (page) => {
      await page.keyboard.press('Control+k');
      await page.getByPlaceholder('Jump to…').waitFor();
    },
  },
];

export const SCREENS = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;

/** Opens a view and waits until it stands. */
export async function openView(page: Page, view: View, answers: Answers): Promise<void> {
  view.given?.(answers);
  await page.goto(view.path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
  await view.reach?.(page);
}
