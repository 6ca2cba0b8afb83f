// What a plain program does with Microsoft's SDK: one unread message after the other is fetched, kept and marked read.
// Prints how many, and in how many seconds.
import { open } from 'node:fs/promises';
import { Client } from '@microsoft/microsoft-graph-client';

const { GRAPH_ORIGIN, GRAPH_TOKEN, GRAPH_USER, OUT } = process.env;
const client = Client.init({
  baseUrl: GRAPH_ORIGIN,
  defaultVersion: 'v1.0',
  customHosts: new Set(['127.0.0.1']),
  authProvider: (done) => done(null, GRAPH_TOKEN),
});
const mailbox = `/users/${GRAPH_USER}`;
const started = performance.now();
const ids = [];
let page = await client
  .api(`${mailbox}/mailFolders/inbox/messages`)
  .filter('receivedDateTime ge 1970-01-01T00:00:00Z and isRead eq false')
  .orderby('receivedDateTime')
  .select('id')
  .top(1000)
  .get();
for (;;) {
  ids.push(...page.value.map((message) => message.id));
  if (!page['@odata.nextLink']) break;
  page = await client.api(page['@odata.nextLink']).get();
}
const file = await open(OUT, 'w');
for (const id of ids) {
  const raw = await client.api(`${mailbox}/messages/${id}/$value`).responseType('arraybuffer').get();
  await file.write(Buffer.from(raw));
  await client.api(`${mailbox}/messages/${id}`).patch({ isRead: true });
}
await file.sync();
console.log(JSON.stringify({ messages: ids.length, seconds: (performance.now() - started) / 1000 }));
