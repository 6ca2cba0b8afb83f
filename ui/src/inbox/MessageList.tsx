// Messages in rows; in the inbox and on a case.
import { Anchor, Badge, Group, Text, Tooltip } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCheck,
  IconClock,
  IconInbox,
  IconPaperclip,
  type IconProps,
  IconRadar2,
} from '@tabler/icons-react';
import type { ComponentType, ReactNode } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { PagedList } from '../api/lists';
import type { MessageState, MessageSummary } from '../api/types';
import { AutomaticBadge, MessageStateBadge, NeedsKeyBadge } from '../shared/badges';
import { counted } from '../shared/format';
import { type Column, DataTable } from '../shared/list/DataTable';
import { EmptyState } from '../shared/states';
import { Time } from '../shared/Time';
import { addressText, NO_SUBJECT } from './messages';
import { decisionText } from './reason';

type MessageListProps = {
  list: PagedList<MessageSummary>;
  filtered?: boolean;
  openId?: string;
  /** On a case the case itself needs no column, and the list's filters stay out of the links. */
  ofCase?: boolean;
  empty?: ReactNode;
};

export function MessageList({ list, filtered, openId, ofCase, empty }: MessageListProps) {
  const [params] = useSearchParams();
  const search = params.size > 0 && !ofCase ? `?${params}` : '';
  return (
    <DataTable
      what="Messages"
      list={list}
      columns={ofCase ? OF_CASE : COLUMNS}
      rowKey={(message) => message.id}
      rowHref={(message) => `/inbox/${message.id}${search}`}
      compact={compact}
      compactFoot={ofCase ? footOfCase : foot}
      alwaysCompact={openId !== undefined}
      currentKey={openId}
      empty={empty ?? <NoMessages filtered={filtered} />}
    />
  );
}

const COLUMNS: Column<MessageSummary>[] = [
  {
    key: 'state',
    header: '',
    label: 'State',
    width: 34,
    align: 'center',
    render: (message) => <StateIcon message={message} />,
  },
  { key: 'from', header: 'From', width: '20%', render: (message) => <Sender message={message} /> },
  { key: 'subject', header: 'Subject', primary: true, render: (message) => <Subject message={message} /> },
  { key: 'counts', header: 'Found', width: 120, render: (message) => <Counts message={message} /> },
  {
    key: 'case',
    header: 'Case',
    width: 80,
    render: (message) =>
      message.case ? (
        <CaseLink of={message.case} />
      ) : (
        <Text span c="dimmed">
          –
        </Text>
      ),
  },
  {
    key: 'connector',
    header: 'Connector',
    width: '13%',
    render: (message) => message.connector?.name ?? '–',
  },
  {
    key: 'received',
    header: 'Received',
    width: 110,
    align: 'right',
    render: (message) => (
      <Text span size="sm" c="dimmed">
        <Time at={message.received_at} />
      </Text>
    ),
  },
];

const OF_CASE = COLUMNS.filter((column) => column.key !== 'case');

const compact = (message: MessageSummary) => <CompactMessage message={message} />;
const foot = (message: MessageSummary) => <CompactFoot message={message} withCase />;
const footOfCase = (message: MessageSummary) => <CompactFoot message={message} />;

const STATE_ICONS: Record<MessageState, { icon: ComponentType<IconProps>; color: string; label: string }> = {
  stored: { icon: IconClock, color: 'var(--mantine-color-dimmed)', label: 'Stored' },
  decided: { icon: IconCheck, color: 'light-dark(#0b7a5a, #38d9a9)', label: 'Decided' },
  needs_attention: {
    icon: IconAlertTriangle,
    color: 'light-dark(#c92a2a, #ff8787)',
    label: 'Needs attention',
  },
};

function StateIcon({ message }: { message: MessageSummary }) {
  const { icon: Icon, color, label } = STATE_ICONS[message.state];
  return (
    <Tooltip label={`${label}. ${decisionText(message)}`} multiline maw={320}>
      <span role="img" aria-label={label} style={{ color, display: 'inline-flex', verticalAlign: 'middle' }}>
        <Icon size={16} />
      </span>
    </Tooltip>
  );
}

function Sender({ message }: { message: MessageSummary }) {
  return (
    <Tooltip label={addressText(message.from)}>
      <Text size="sm" lineClamp={1} component="span" style={{ wordBreak: 'break-all' }}>
        {message.from.name || message.from.address || '(unknown)'}
      </Text>
    </Tooltip>
  );
}

function Subject({ message }: { message: MessageSummary }) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm">
      <Text span size="sm" fw={500} lineClamp={2} className="breakable">
        {message.subject ?? NO_SUBJECT}
      </Text>
      <Marks message={message} />
    </Group>
  );
}

/** What is unusual about a message; nothing when nothing is. */
function Marks({ message }: { message: MessageSummary }) {
  const usual =
    message.state === 'decided' && !message.automatic && !message.same_id_other_content && !message.needs_key;
  if (usual) return null;
  return (
    <Group gap={4} wrap="nowrap">
      {message.state !== 'decided' && <MessageStateBadge state={message.state} />}
      {message.needs_key && <NeedsKeyBadge />}
      {message.automatic && <AutomaticBadge automatic={message.automatic} />}
      {message.same_id_other_content && (
        <Tooltip label="Another message has the same Message-ID and different content">
          <Badge color="orange">Same ID</Badge>
        </Tooltip>
      )}
    </Group>
  );
}

function Counts({ message }: { message: MessageSummary }) {
  const found = [
    { icon: IconPaperclip, value: message.attachment_count, word: 'attachment' },
    { icon: IconRadar2, value: message.indicator_count, word: 'indicator' },
    { icon: IconAlertTriangle, value: message.defect_count, word: 'defect' },
  ].filter(({ value }) => value > 0);
  if (found.length === 0) return null;
  return (
    <Group gap={10} wrap="nowrap" c="dimmed" className="tabular">
      {found.map(({ icon: Icon, value, word }) => (
        <Tooltip key={word} label={counted(value, word)}>
          <Group gap={3} wrap="nowrap" aria-label={counted(value, word)}>
            <Icon size={14} aria-hidden />
            <Text span size="xs">
              {value}
            </Text>
          </Group>
        </Tooltip>
      ))}
    </Group>
  );
}

function CaseLink({ of }: { of: NonNullable<MessageSummary['case']> }) {
  return (
    <Tooltip label={of.title}>
      <Anchor
        component={Link}
        to={`/cases/${of.id}`}
        size="sm"
        aria-label={`Case #${of.number}`}
        // Large enough for a finger, without taking the room.
        display="inline-block"
        p={6}
        m={-6}
      >
        #{of.number}
      </Anchor>
    </Tooltip>
  );
}

function CompactMessage({ message }: { message: MessageSummary }) {
  return (
    <>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm" fw={600} truncate>
          {message.from.name || message.from.address || '(unknown)'}
        </Text>
        <Text size="xs" c="dimmed" style={{ flex: 'none' }}>
          <Time at={message.received_at} />
        </Text>
      </Group>
      <Text size="sm" lineClamp={2} className="breakable">
        {message.subject ?? NO_SUBJECT}
      </Text>
    </>
  );
}

/** What was found in a message, how it came, and the way to its case. */
function CompactFoot({ message, withCase }: { message: MessageSummary; withCase?: boolean }) {
  return (
    <Group gap="xs" justify="space-between" style={{ rowGap: 2 }}>
      <Group gap="xs" wrap="nowrap">
        <Counts message={message} />
        <Marks message={message} />
      </Group>
      <Group gap="xs" wrap="nowrap" ml="auto" maw="100%">
        {message.connector && (
          <Text size="xs" c="dimmed" truncate>
            {message.connector.name}
          </Text>
        )}
        {withCase && message.case && <CaseLink of={message.case} />}
      </Group>
    </Group>
  );
}

function NoMessages({ filtered }: { filtered?: boolean }) {
  return filtered ? (
    <EmptyState icon={<IconInbox size={32} />} title="No message matches">
      Change or clear the filters.
    </EmptyState>
  ) : (
    <EmptyState icon={<IconInbox size={32} />} title="No messages yet">
      Messages appear here as soon as a connector has found some.{' '}
      <Anchor component={Link} to="/settings/connectors" size="sm" underline="always">
        Look at the connectors
      </Anchor>
    </EmptyState>
  );
}
