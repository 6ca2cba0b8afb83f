// A connector while it is being written down, and what of it is sent. Pure.
import type {
  Connector,
  ConnectorKind,
  ConnectorSettings,
  FieldError,
  SecretField,
  TryConnector,
} from '../../api/types';
import { EMPTY_FILTER } from '../filters';
import { applies, defaultValues, groupValues, missingValues, schemaFields, sentValues } from './schemaFields';

export type DraftSettings = Omit<Required<ConnectorSettings>, 'case_defaults'> & {
  case_defaults: Required<NonNullable<ConnectorSettings['case_defaults']>>;
};

export type Draft = {
  id?: string;
  settings: DraftSettings;
  /** Names of the secrets that are stored. */
  stored: string[];
  /** New values only: a secret that is not named here stays as it is stored; `null` removes it. */
  secrets: Record<string, string | null>;
  active: boolean;
};

export const STEPS = ['general', 'connection', 'folders', 'take', 'filter', 'case', 'test'] as const;
export type StepName = (typeof STEPS)[number];

const STARTING_SETTINGS: Omit<DraftSettings, 'kind' | 'connection'> = {
  name: '',
  api_name: '',
  description: '',
  folders: [],
  fetch: 'everything',
  backfill: { take: 'unread' },
  prefilter: EMPTY_FILTER,
  disposition: { action: 'mark_read' },
  poll_seconds: 60,
  case_defaults: { severity: 'medium', tags: [], acl: null },
  automatic_mail: 'keep',
  alarm_after_minutes: 30,
};

export function newDraft(kind: ConnectorKind): Draft {
  const connection = defaultValues(schemaFields(kind.settings_schema));
  return {
    settings: { ...STARTING_SETTINGS, kind: kind.kind, connection },
    stored: [],
    secrets: {},
    active: true,
  };
}

export function draftOf(connector: Connector): Draft {
  const { connection, case_defaults, ...settings } = connector.settings;
  return {
    id: connector.id,
    settings: {
      ...STARTING_SETTINGS,
      ...settings,
      connection: { ...connection },
      prefilter: { ...EMPTY_FILTER, ...settings.prefilter },
      case_defaults: { ...STARTING_SETTINGS.case_defaults, ...case_defaults },
    },
    stored: connector.secret_names,
    secrets: {},
    active: connector.active,
  };
}

/** Another kind of source has other connection settings; everything else stays. */
export function withKind(draft: Draft, kind: ConnectorKind): Draft {
  const connection = defaultValues(schemaFields(kind.settings_schema));
  return { ...draft, settings: { ...draft.settings, kind: kind.kind, connection, folders: [] }, secrets: {} };
}

/** The settings as the API takes them. */
export function sentSettings(draft: Draft, kind: ConnectorKind): ConnectorSettings {
  return {
    ...draft.settings,
    connection: sentValues(schemaFields(kind.settings_schema), draft.settings.connection),
  };
}

/** The secrets these settings have a use for. */
export function visibleSecrets(draft: Draft, kind: ConnectorKind): SecretField[] {
  const fields = schemaFields(kind.settings_schema);
  return kind.secrets.filter((secret) => applies(secret.show_if, fields, draft.settings.connection));
}

/** A field left empty sets no secret. One the settings have no use for is not sent, and removed if it is stored. */
export function sentSecrets(draft: Draft, kind: ConnectorKind): Draft['secrets'] {
  const visible = visibleSecrets(draft, kind).map((secret) => secret.name);
  const given = Object.entries(draft.secrets).filter(
    ([name, value]) => visible.includes(name) && value !== '',
  );
  const useless = draft.stored.filter((name) => !visible.includes(name));
  return Object.fromEntries([...given, ...useless.map((name) => [name, null] as const)]);
}

export function triedConnector(draft: Draft, kind: ConnectorKind): TryConnector {
  const body: TryConnector = { settings: sentSettings(draft, kind), secrets: sentSecrets(draft, kind) };
  if (draft.id) body.id = draft.id;
  return body;
}

export type DraftErrors = Record<string, string>;

/** What is plainly missing, before the server is asked. */
export function missingFields(draft: Draft, kind: ConnectorKind): DraftErrors {
  const errors: DraftErrors = {};
  const { settings } = draft;
  if (!settings.name.trim()) errors.name = 'Give the connector a name';
  if (!/^[a-z0-9_-]{1,64}$/.test(settings.api_name)) {
    errors.api_name = 'Use 1 to 64 lower-case letters, digits, - and _';
  }
  for (const { path, label } of missingValues(schemaFields(kind.settings_schema), settings.connection)) {
    errors[`connection.${path}`] = `${label} is needed`;
  }
  for (const secret of visibleSecrets(draft, kind)) {
    const given = draft.secrets[secret.name];
    const missing = given === undefined ? !draft.stored.includes(secret.name) : !given;
    if (!secret.optional && missing) errors[`secrets.${secret.name}`] = `${secret.title} is needed`;
  }
  if (settings.disposition.action === 'move' && !settings.disposition.folder.trim()) {
    errors['disposition.folder'] = 'Name the folder messages are moved to';
  }
  if (settings.backfill.take === 'since' && !settings.backfill.date) errors['backfill.date'] = 'Choose a day';
  return errors;
}

/** The server's field errors by the names the form uses. */
export function errorsByField(fields: FieldError[]): DraftErrors {
  return Object.fromEntries(
    fields.map(({ field, message }) => [
      field.replaceAll('/', '.').replace(/^\.?(settings\.)?/, ''),
      message,
    ]),
  );
}

/** The step on which a field stands. */
export function stepOf(field: string): StepName {
  const top = field.split('.')[0];
  if (top === 'connection' || top === 'secrets') return 'connection';
  if (top === 'folders') return 'folders';
  if (['fetch', 'backfill', 'disposition', 'poll_seconds', 'alarm_after_minutes'].includes(top ?? ''))
    return 'take';
  if (top === 'prefilter') return 'filter';
  if (top === 'case_defaults' || top === 'automatic_mail') return 'case';
  return 'general';
}

/** Whose certificates: the server's, or those of the proxy on the way there. */
export type Peer = 'server' | 'proxy';

/** Where in the settings the certificates stand that a person was shown and trusts: exactly those, and nothing they signed. */
export function trustPath(kind: ConnectorKind, peer: Peer): string[] | undefined {
  const fields = schemaFields(kind.settings_schema);
  if (peer === 'server') {
    const field = fields.find((each) => each.control.type === 'pinned_certificates');
    return field && [field.name];
  }
  const group = fields.find((each) => each.name === 'proxy')?.control;
  const within = group?.type === 'group' ? group.fields : [];
  const field = within.find((each) => each.control.type === 'pinned_certificates');
  return field && ['proxy', field.name];
}

/** The draft with one more certificate there. */
export function withTrusted(draft: Draft, path: string[], pem: string): Draft {
  const connection = withCertificate(draft.settings.connection, path, pem);
  if (connection === draft.settings.connection) return draft;
  return { ...draft, settings: { ...draft.settings, connection } };
}

function withCertificate(
  values: Record<string, unknown>,
  [name = '', ...rest]: string[],
  pem: string,
): Record<string, unknown> {
  const held = values[name];
  if (rest.length > 0) {
    const inner = groupValues(held);
    const changed = withCertificate(inner, rest, pem);
    return changed === inner ? values : { ...values, [name]: changed };
  }
  const trusted = Array.isArray(held) ? held : [];
  return trusted.includes(pem) ? values : { ...values, [name]: [...trusted, pem] };
}
