// What the settings of the source in use say about the one that may follow it. Pure.
import type { Connector, ConnectorKind } from '../../api/types';
import { type Draft, draftOf, newDraft } from '../wizard/draft';
import { groupValues } from '../wizard/schemaFields';

type Values = Record<string, unknown>;

/** What of an application holds for either protocol. When its secret ends is not among it: it may get another. */
const OF_THE_APPLICATION = ['cloud', 'tenant', 'client_id', 'proof'];

/**
 * The connector as one of another kind, as far as its settings say. Secrets are never known here, and certificates
 * that were trusted are those of another server.
 */
export function draftOfSuccessor(connector: Connector, successor: ConnectorKind): Draft {
  const { settings } = connector;
  const connection = { ...newDraft(successor).settings.connection };
  const carried = carriedOver(settings.kind, groupValues(settings.connection), successor.kind);
  for (const [name, value] of Object.entries(carried)) {
    const isGroup = typeof value === 'object' && !Array.isArray(value);
    connection[name] = isGroup ? { ...groupValues(connection[name]), ...groupValues(value) } : value;
  }
  return draftWith(connector, successor, connection);
}

/** The connector with a source it has beside it; secrets have to be entered again. */
export function draftWith(
  connector: Connector,
  kind: ConnectorKind,
  connection: Values,
  /** As many as the connector watches, in the same order. */
  named: string[] = [],
): Draft {
  const { id: _, settings, ...draft } = draftOf(connector);
  const folders = settings.folders.map((folder, index) => named[index] ?? folder);
  return { ...draft, settings: { ...settings, kind: kind.kind, connection, folders }, stored: [] };
}

export function carriedOver(from: string, connection: Values, to: string): Values {
  const carried: Values = {};
  const mailbox = typeof connection.mailbox === 'string' ? mailboxFor(to, connection.mailbox) : '';
  if (mailbox) carried.mailbox = mailbox;
  const signsInAsApplication = from !== 'ews' || connection.auth === 'oauth';
  if (signsInAsApplication) {
    const oauth = groupValues(connection.oauth);
    const known = OF_THE_APPLICATION.filter((name) => oauth[name] !== undefined);
    if (known.length > 0) carried.oauth = Object.fromEntries(known.map((name) => [name, oauth[name]]));
    if (to === 'ews') carried.auth = 'oauth';
  }
  if (connection.proxy !== undefined) carried.proxy = connection.proxy;
  return carried;
}

/**
 * Both kinds know `address`, `primary\shared` and a folder behind a colon. Only EWS has a server in front of them, and
 * only Graph the object id of a user.
 */
function mailboxFor(kind: string, mailbox: string): string {
  const [accounts = '', ...folder] = mailbox.split(':');
  const kept = accounts
    .split('\\')
    .slice(-2)
    .map((account) => account.trim());
  if (kind === 'ews' && kept.some((account) => !account.includes('@'))) return '';
  return [kept.join('\\'), ...folder].join(':').trim();
}
