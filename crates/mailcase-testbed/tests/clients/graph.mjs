// Microsoft's official SDK does to the mailbox of Ann what a mail program does, and insists on every answer.
import assert from 'node:assert/strict';
import { BatchRequestContent, Client, GraphError, PageIterator } from '@microsoft/microsoft-graph-client';

const { GRAPH_ORIGIN, GRAPH_TOKEN } = process.env;
const client = Client.init({
  baseUrl: GRAPH_ORIGIN,
  defaultVersion: 'v1.0',
  customHosts: new Set(['127.0.0.1']),
  authProvider: (done) => done(null, GRAPH_TOKEN),
});
const ann = '/users/ann@example.org';
const immutable = (path) => client.api(ann + path).header('Prefer', 'IdType="ImmutableId"');

// List: pages of two by the SDK's own iterator, unread ones alone, oldest first.
const first = await immutable('/mailFolders/inbox/messages')
  .filter("receivedDateTime ge 2026-01-01T00:00:00Z and isRead eq false")
  .orderby('receivedDateTime')
  .top(2)
  .select('id,subject')
  .get();
const listed = [];
const each = (message) => {
  listed.push(message);
  return true;
};
await new PageIterator(client, first, each, { headers: { Prefer: 'IdType="ImmutableId"' } }).iterate();
assert.deepEqual(listed.map((message) => message.subject), ['m1', 'm2', 'm3', 'm4', 'm5']);

// Delta: through the pages, then nothing new, then one change.
const round = async (request) => {
  const found = [];
  let page = await request.header('Prefer', 'IdType="ImmutableId", odata.maxpagesize=2').get();
  for (;;) {
    found.push(...page.value);
    const next = page['@odata.nextLink'];
    if (!next) return [found, page['@odata.deltaLink']];
    page = await client.api(next).header('Prefer', 'IdType="ImmutableId", odata.maxpagesize=2').get();
  }
};
const [all, link] = await round(client.api(`${ann}/mailFolders/inbox/messages/delta`).select('subject,isRead'));
assert.equal(all.length, 5);
assert.deepEqual((await round(client.api(link)))[0], []);

// Read: the MIME, byte for byte.
const [one, two, three, four] = listed;
const mime = await client.api(`${ann}/messages/${one.id}/$value`).responseType('text').get();
assert.ok(mime.startsWith('Message-ID: <m1@suite.example>\r\n'), mime);

// Mark.
assert.equal((await immutable(`/messages/${one.id}`).patch({ isRead: true })).isRead, true);
const [changed] = await round(client.api(link));
assert.deepEqual([changed.length, changed[0].id, changed[0].isRead], [1, one.id, true]);

// Move: the immutable identity stays.
const folder = await client.api(`${ann}/mailFolders/inbox/childFolders`).post({ displayName: 'Erledigt & geprüft' });
const moved = await immutable(`/messages/${two.id}/move`).post({ destinationId: folder.id });
assert.deepEqual([moved.id, moved.parentFolderId], [two.id, folder.id]);

// Delete, and ask for what is not there.
assert.equal(await client.api(`${ann}/messages/${three.id}`).delete(), undefined);
await assert.rejects(client.api(`${ann}/messages/nonsense`).get(), (error) =>
  error instanceof GraphError && error.statusCode === 400 && error.code === 'ErrorInvalidIdMalformed');

// Send: a reply by way of a draft, new mail as JSON and as MIME.
const draft = await immutable(`/messages/${four.id}/createReply`).post({ comment: 'thank you' });
await client.api(`${ann}/messages/${draft.id}`).patch({ subject: 'RE: m4 [CASE-7]' });
await client.api(`${ann}/messages/${draft.id}/send`).post();
const to = [{ emailAddress: { address: 'bob@example.org' } }];
await client.api(`${ann}/sendMail`).post({ message: { subject: 'json', toRecipients: to, body: { content: 'x' } } });
const raw = 'From: ann@example.org\r\nTo: bob@example.org\r\nSubject: mime\r\n\r\nx\r\n';
await client.api(`${ann}/sendMail`).header('content-type', 'text/plain').post(Buffer.from(raw).toString('base64'));

// Patience: the SDK waits as the server asks and tries again.
assert.equal((await client.api(`${ann}/mailFolders/archive`).get()).displayName, 'Archive');

// Batch.
const request = (id, options) => new Request(`https://graph.microsoft.com${ann}/messages/${id}`, options);
const steps = [
  { id: '1', request: request(four.id, { method: 'GET' }) },
  { id: '2', request: request('nonsense', { method: 'GET' }) },
];
const { responses } = await client.api('/$batch').post(await new BatchRequestContent(steps).getContent());
assert.deepEqual(responses.map((response) => response.status), [200, 400]);
