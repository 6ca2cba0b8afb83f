// Some eight hundred ways past sanitizers, sent as mail through the real server and shown in a real browser: nothing runs,
// nothing is fetched, nothing leaves the frame. The same shapes shown raw do all of that.
import { randomUUID } from 'node:crypto';
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { AT_THE_SERVER, env, signIn } from './environment';
import { deliver } from './lmtp';
import { type Shape, shapes } from './shapes';

// A trace would keep a picture of every frame at every step.
test.use({ ...AT_THE_SERVER, trace: 'off' });

/** Parts of one mail: each shape stands alone in its own. */
const OF_A_MAIL = 60;
/** Frames that are loaded side by side. */
const AT_ONCE = 40;
/** Where pages stand that have neither sandbox nor policy. */
const OPEN = 'http://open.test/';
const DONE = '<p>This is the end of the shape.</p>';

const POLICY = /<meta http-equiv="Content-Security-Policy"[^>]*>/;

const mark = randomUUID().slice(0, 8);
const all = shapes();
const mails = Array.from({ length: Math.ceil(all.length / OF_A_MAIL) }, (_, position) =>
  all.slice(position * OF_A_MAIL, (position + 1) * OF_A_MAIL),
);

function part({ html, charset }: Shape): string[] {
  const bytes = Buffer.from(html + DONE, charset || html.includes('\x1b') ? 'latin1' : 'utf8');
  return [
    '--b',
    `Content-Type: text/html; charset=${charset ?? 'utf-8'}`,
    'Content-Transfer-Encoding: base64',
    '',
    bytes.toString('base64').replace(/.{76}/g, '$&\r\n'),
  ];
}

const mail = (shapesOfMail: Shape[], position: number) =>
  [
    'From: Mallory <mallory@example.org>',
    `To: <${env('IMAP_USER')}>`,
    `Subject: Shapes ${mark} ${position}`,
    `Message-ID: <${mark}.${position}@example.org>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="b"',
    '',
    ...shapesOfMail.flatMap(part),
    '--b--',
  ].join('\r\n');

/** What pages of this context did that they must not. */
function watch(context: BrowserContext) {
  const seen = { ran: new Set<string>(), fetched: new Set<string>(), opened: new Set<string>() };
  context.on('console', (line) => {
    const number = /^777(\d{4})$/.exec(line.text());
    // Some shapes carry their script encoded, without a number.
    if (number?.[1] || line.text() === '777') seen.ran.add(number?.[1] ?? line.text());
  });
  context.on('page', (page) => seen.opened.add(page.url()));
  return seen;
}

/** An open page, and no other answer to anything. */
async function openPage(context: BrowserContext, seen: ReturnType<typeof watch>) {
  await answerNothing(context, seen);
  await context.route('http://open.test/**', (route) =>
    route.request().url() === OPEN
      ? route.fulfill({ contentType: 'text/html', body: '<!DOCTYPE html><body>' })
      : route.abort(),
  );
  const page = await context.newPage();
  seen.opened.clear();
  await page.goto(OPEN);
  return page;
}

async function answerNothing(context: BrowserContext, seen: ReturnType<typeof watch>) {
  await context.route(/^https?:\/\/canary\.test\//, (route) => {
    seen.fetched.add(new URL(route.request().url()).pathname.slice(1, 5));
    return route.abort();
  });
}

/** The document the server gives for a part, under the policy it must have. */
async function documentAt(page: Page, address: string): Promise<string> {
  const answer = await page.request.get(address);
  expect(answer.status(), address).toBe(200);
  const headers = answer.headers();
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['content-security-policy']).toContain('sandbox');
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(headers['x-content-type-options']).toBe('nosniff');
  const html = await answer.text();
  expect(html, address).toMatch(POLICY);
  return html;
}

type Frames = { from: 'src' | 'srcdoc'; values: string[]; sandbox?: string };

/** Shows pages in frames; each lot stands alone, once all of it has been loaded `look` is called. */
async function show(page: Page, { from, values, sandbox }: Frames, look = async () => {}) {
  for (let start = 0; start < values.length; start += AT_ONCE) {
    await page.evaluate(
      ({ from, values, sandbox }) => {
        for (const old of document.querySelectorAll('iframe.shape')) old.remove();
        const loaded = values.map(
          (value) =>
            new Promise<void>((resolve) => {
              const frame = document.createElement('iframe');
              frame.className = 'shape';
              frame.addEventListener('load', () => resolve(), { once: true });
              if (sandbox !== undefined) frame.setAttribute('sandbox', sandbox);
              frame[from] = value;
              document.body.append(frame);
            }),
        );
        return Promise.all(loaded).then(() => undefined);
      },
      { from, values: values.slice(start, start + AT_ONCE), sandbox },
    );
    await look();
  }
}

/** What is odd about the pages in the frames: things that act, lie over others or leave their frame. */
function oddities(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const acting =
      'script,iframe,frame,object,embed,form,input,button,select,textarea,link,base,svg,math,video,audio,template,[href],[srcset],[id]';
    const told: string[] = [];
    for (const frame of document.querySelectorAll<HTMLIFrameElement>('iframe.shape')) {
      const inside = frame.contentDocument;
      if (!inside?.body) {
        told.push('a frame went somewhere else');
        continue;
      }
      for (const one of inside.querySelectorAll(acting)) told.push(one.outerHTML.slice(0, 200));
      for (const one of inside.body.querySelectorAll('*')) {
        const acts = [...one.attributes].some(({ name }) => /^on/i.test(name));
        const style = one.getAttribute('style') ?? '';
        if (acts || /[()\\"'@{}<>]|position|:-|\s-/.test(style)) told.push(one.outerHTML.slice(0, 200));
        const { position } = getComputedStyle(one);
        if (position !== 'static') told.push(`${position}: ${one.outerHTML.slice(0, 200)}`);
      }
      const { left, top } = inside.body.getBoundingClientRect();
      if (left < 0 || top < 0) told.push('a body left its frame');
    }
    return told;
  });
}

test('nothing gets past the preview', async ({ browser, page, context }) => {
  test.setTimeout(600_000);
  expect(all.length).toBeGreaterThan(500);

  const ids = await test.step('the shapes arrive as mail', async () => {
    await signIn(page);
    for (const [position, some] of mails.entries()) {
      await deliver(Number(env('LMTP_PORT')), env('IMAP_USER'), mail(some, position));
    }
    const found = new Map<string, string>();
    await expect
      .poll(
        async () => {
          const answer = await page.request.get(`/api/v1/messages?limit=200&q=${mark}`);
          for (const { id, subject, state } of (await answer.json()).items) {
            if (state === 'decided') found.set(subject, id);
          }
          return found.size;
        },
        { timeout: 240_000 },
      )
      .toBe(mails.length);
    return mails.map((_, position) => found.get(`Shapes ${mark} ${position}`) ?? '');
  });

  const addresses = mails.flatMap((some, position) =>
    some.map((_, number) => `/api/v1/messages/${ids[position]}/preview?path=/${number + 1}`),
  );

  const documents = await test.step('every shape has a preview', async () => {
    const made: string[] = [];
    for (let start = 0; start < addresses.length; start += 8) {
      const some = addresses.slice(start, start + 8);
      made.push(...(await Promise.all(some.map((address) => documentAt(page, address)))));
    }
    return made;
  });

  await test.step('in the frame of the product nothing runs, nothing is fetched', async () => {
    const seen = watch(context);
    await answerNothing(context, seen);
    const asked = new Set<string>();
    page.on('request', (request) => {
      if (request.frame() !== page.mainFrame()) asked.add(request.url());
    });
    await show(page, { from: 'src', values: addresses, sandbox: '' });
    expect(seen).toEqual({ ran: new Set(), fetched: new Set(), opened: new Set() });
    const expected = new Set(addresses.map((address) => new URL(address, env('MAILCASE_URL')).href));
    expect([...asked].filter((address) => !expected.has(address))).toEqual([]);
    expect(page.url()).toContain(env('MAILCASE_URL'));
  });

  await test.step('without sandbox and policy the documents are as harmless', async () => {
    const open = await browser.newContext();
    const seen = watch(open);
    const bare = await openPage(open, seen);
    const asked: string[] = [];
    bare.on('request', (request) => {
      if (!request.url().startsWith('data:') && !request.url().startsWith('about:'))
        asked.push(request.url());
    });
    const unguarded = documents.map((html) => html.replace(POLICY, ''));
    const odd: string[] = [];
    await show(bare, { from: 'srcdoc', values: unguarded }, async () => {
      odd.push(...(await oddities(bare)));
    });
    expect(seen).toEqual({ ran: new Set(), fetched: new Set(), opened: new Set() });
    expect(asked).toEqual([]);
    expect(bare.url()).toBe(OPEN);
    expect(odd).toEqual([]);
    await open.close();
  });

  await test.step('the text of the reader is still there', () => {
    const kept = documents.filter((html) => html.includes('This is the end of the shape.')).length;
    // What browsers swallow (an attribute left open, a comment) is swallowed here too.
    expect(kept).toBeGreaterThan(documents.length / 2);
  });

  await test.step('in the message the reader can look at what was taken out', async () => {
    await page.goto(`/inbox/${ids[0]}`);
    const frame = page.getByTitle('Message preview');
    await expect(frame).toHaveAttribute('sandbox', '');
    await expect(page.frameLocator('[title="Message preview"]').getByText('end of the shape')).toBeVisible();
    await expect(page.getByText(/Taken out of the preview: .*scripts/)).toBeVisible();
  });

  await test.step('shown raw, hundreds of them run or fetch', async () => {
    const open = await browser.newContext();
    const seen = watch(open);
    const bare = await openPage(open, seen);
    const raw = all.map(({ html }) => html);
    // They may run, but not take the page around them somewhere else: it is needed for the next.
    await show(bare, { from: 'srcdoc', values: raw, sandbox: 'allow-scripts allow-same-origin allow-forms' });
    await expect.poll(() => new Set([...seen.ran, ...seen.fetched]).size).toBeGreaterThanOrEqual(300);
    await open.close();
  });
});
