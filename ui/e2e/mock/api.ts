// Stands in for the server: answers the calls of the page from memory.
import type { Page, Route } from '@playwright/test';
import * as data from './data';
import * as evidence from './evidence';
import * as indicators from './indicators';
import * as keys from './keys';
import * as origin from './origin';
import * as patterns from './patterns';
import * as preview from './preview';

export type Answer = { status?: number; body?: unknown } | ((route: Route) => Promise<void>);
/** By method and path, such as `GET /messages`. */
export type Answers = Record<string, Answer>;

const page = (items: unknown[], next: string | null = null): Answer => ({ body: { items, next } });

/** A problem as the API describes one. */
export const problem = (status: number, code: string, detail: string): Answer => ({
  status,
  body: {
    type: `urn:mailcase:problem:${code}`,
    title: code,
    status,
    code,
    detail,
    errors: [],
    request_id: 'r-1',
  },
});

/** Fields the server refuses: their names, and why. */
export const wrongFields = (...fields: [field: string, message: string][]): Answer => ({
  status: 422,
  body: {
    type: 'urn:mailcase:problem:invalid',
    title: 'invalid',
    status: 422,
    code: 'invalid',
    detail: `${fields.length} fields are not valid`,
    errors: fields.map(([field, message]) => ({ field, message })),
    request_id: 'r-1',
  },
});

export function desk(): Answers {
  const message = `/messages/${data.message.summary.id}`;
  const complete = `/messages/${evidence.complete.summary.id}`;
  const aCase = `/cases/${data.caseDetail.summary.id}`;
  const connector = `/connectors/${data.connectors[0]?.id}`;
  const exchange = `/connectors/${data.exchange.id}`;
  return {
    'GET /setup': { body: { needed: false } },
    'GET /session': { body: data.me },
    'GET /people': page(data.people),
    'GET /messages': page(data.messages, 'more'),
    [`GET ${message}`]: { body: data.message },
    [`GET ${message}/preview`]: (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: route.request().url().includes('hidden=true') ? preview.withHidden : preview.page,
      }),
    [`GET ${message}/preview/facts`]: { body: preview.facts },
    [`GET ${message}/indicators`]: page(indicators.ofMessage),
    [`GET ${complete}/indicators`]: page(indicators.ofMessage),
    'GET /indicators': page(indicators.everywhere, 'more'),
    'POST /indicators/lookups': page(indicators.everywhere),
    'GET /indicators/marks': page(indicators.marks),
    'PUT /indicators/marks': {},
    'DELETE /indicators/marks': {},
    [`GET ${complete}`]: { body: evidence.complete },
    [`GET ${complete}/preview`]: (route) => route.fulfill({ contentType: 'text/html', body: '<p>Hello</p>' }),
    [`GET ${complete}/preview/facts`]: { body: { removed: [], links: [], hidden: [] } },
    [`GET ${complete}/parts/text`]: (route) =>
      route.fulfill({
        json: route.request().url().includes('charset=') ? evidence.readAsAsked : evidence.readAsDetected,
      }),
    [`GET ${complete}/parts/evidence`]: { body: evidence.alone },
    'POST /analyses': { body: evidence.everything },
    'GET /cases': page(data.cases),
    [`GET ${aCase}`]: { body: data.caseDetail },
    [`PATCH ${aCase}`]: { body: data.caseDetail },
    [`GET ${aCase}/messages`]: page(data.messages.slice(0, 1)),
    [`GET ${aCase}/indicators`]: page(indicators.ofCase),
    [`GET ${aCase}/attachments`]: page(data.caseAttachments),
    [`GET ${aCase}/reports`]: page([]),
    [`GET ${aCase}/timeline`]: page(data.timeline),
    'GET /connector-kinds': page(data.kinds),
    'GET /connectors': page(data.connectors),
    [`GET ${connector}`]: { body: data.connectors[0] },
    [`GET /connectors/${data.connectors[1]?.id}`]: { body: data.connectors[1] },
    [`GET /connectors/${data.connectors[2]?.id}`]: { body: data.connectors[2] },
    [`GET ${exchange}`]: { body: data.exchange },
    [`GET ${exchange}/log`]: page(data.log),
    [`GET ${exchange}/accounting`]: { body: { accounting: null } },
    [`GET ${exchange}/needs-attention`]: { body: { deliveries: [], messages: [] } },
    [`GET ${exchange}/migration`]: { body: { migration: null } },
    [`GET ${connector}/log`]: page(data.log),
    [`GET ${connector}/accounting`]: { body: { accounting: data.accounting } },
    [`GET ${connector}/needs-attention`]: { body: data.needsAttention },
    'POST /connectors/test': { body: data.untrusted },
    'POST /connectors/preview-filter': { body: data.filterPreview },
    [`POST ${connector}/look-again`]: { status: 202, body: { queued: 37 } },
    'POST /connectors/folders': { body: { folders: data.folders } },
    'GET /alarms': page(data.alarms),
    'GET /patterns': page(patterns.kept),
    'GET /patterns/named': page(patterns.readyMade),
    'POST /patterns/trials': { body: patterns.trial },
    'GET /keys': { body: { items: keys.kept } },
    'POST /keys/inspections': { body: keys.fitting },
    'POST /keys': { status: 201, body: keys.added },
    'GET /origin-settings': { body: origin.settings },
    'GET /reexaminations': { body: keys.reexaminations },
    [`GET /reexaminations/${keys.finished.summary.id}`]: { body: keys.finished },
    'GET /users': page(data.users),
    'GET /sessions': page(data.sessions),
    'GET /tokens': page(data.tokens),
    'GET /audit': page(data.audit),
  };
}

/** Answers every call of the page; what is not named is answered with 404, so that it is noticed. */
export async function mockApi(target: Page, answers: Answers): Promise<void> {
  await target.addInitScript(standInForEvents);
  await target.route('**/api/v1/**', async (route) => {
    const url = new URL(route.request().url());
    const call = `${route.request().method()} ${url.pathname.replace('/api/v1', '')}`;
    const answer = answers[call] ?? problem(404, 'not_found', `nothing answers ${call}`);
    if (typeof answer === 'function') return answer(route);
    const status = answer.status ?? (answer.body === undefined ? 204 : 200);
    if (answer.body === undefined) return route.fulfill({ status });
    return route.fulfill({ status, json: answer.body });
  });
}

/** Lets a test say what the server announces: `announce('case_changed', { case: … })`. */
export async function announce(target: Page, name: string, body: object): Promise<void> {
  await target.evaluate(
    ([event, text]) => {
      window.dispatchEvent(new CustomEvent('test-event', { detail: { event, text } }));
    },
    [name, JSON.stringify(body)] as const,
  );
}

/** Runs in the page. A stream that is answered by interception ends at once, so the stream itself is replaced. */
function standInForEvents(): void {
  class StandIn extends EventTarget {
    onopen: (() => void) | null = null;
    onerror: (() => void) | null = null;
    private readonly listener = (event: Event) => {
      const { event: name, text } = (event as CustomEvent<{ event: string; text: string }>).detail;
      this.dispatchEvent(new MessageEvent(name, { data: text }));
    };
    constructor() {
      super();
      window.addEventListener('test-event', this.listener);
      queueMicrotask(() => this.onopen?.());
    }
    close(): void {
      window.removeEventListener('test-event', this.listener);
    }
  }
  Object.assign(window, { EventSource: StandIn });
}
