// Who did what, and when.
import { Anchor, Group, Text, Tooltip } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { Link } from 'react-router';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import { usePagedList } from '../api/lists';
import type { AuditEntry } from '../api/types';
import { factsText } from '../cases/timelineFacts';
import { useMay } from '../session/session';
import { exactUtc } from '../shared/format';
import { type Column, DataTable } from '../shared/list/DataTable';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState } from '../shared/states';
import { Time } from '../shared/Time';
import { auditTarget } from './auditTarget';
import { NotAllowed } from './NotAllowed';

export default function AuditPage() {
  return useMay('read_audit') ? <Audit /> : <NotAllowed title="Audit log" />;
}

function Audit() {
  const list = usePagedList(keys.audit, (cursor) =>
    answer(api.GET('/audit', { params: { query: { cursor } } })),
  );
  return (
    <>
      <PageHeader title="Audit log" description="Who did what, and when. Entries are never changed." />
      <DataTable
        what="Entries"
        list={list}
        columns={COLUMNS}
        rowKey={(entry) => entry.id}
        compact={(entry) => (
          <>
            <Group justify="space-between" wrap="nowrap">
              <Text size="sm" className="mono">
                {entry.action}
              </Text>
              <Text size="xs" c="dimmed">
                <Time at={entry.at} />
              </Text>
            </Group>
            <Text size="sm" className="breakable">
              {actor(entry)} {entry.target && '· '}
              {entry.target && <Target entry={entry} />}
            </Text>
          </>
        )}
        empty={<EmptyState icon={<IconHistory size={32} />} title="Nothing yet" />}
      />
    </>
  );
}

function Target({ entry }: { entry: AuditEntry }) {
  const target = auditTarget(entry);
  if (!target) return '–';
  const { text, full, href } = target;
  if (text === full) return full;
  return (
    <Tooltip label={full}>
      {href ? (
        <Anchor component={Link} to={href} size="sm" className="mono">
          {text}
        </Anchor>
      ) : (
        <span className="mono">{text}</span>
      )}
    </Tooltip>
  );
}

function actor(entry: AuditEntry): string {
  return entry.actor?.display_name ?? 'Mailcase';
}

const COLUMNS: Column<AuditEntry>[] = [
  {
    key: 'at',
    header: 'When',
    width: 190,
    render: (entry) => (
      <Text span size="sm" c="dimmed" className="tabular" style={{ whiteSpace: 'nowrap' }}>
        {exactUtc(entry.at)}
      </Text>
    ),
  },
  { key: 'actor', header: 'Who', width: 150, render: actor },
  {
    key: 'action',
    header: 'What',
    width: 190,
    render: (entry) => <span className="mono">{entry.action}</span>,
  },
  { key: 'subject', header: 'To what', width: 150, render: (entry) => <Target entry={entry} /> },
  {
    key: 'facts',
    header: 'Particulars',
    render: (entry) => (
      <Text span size="sm" c="dimmed" lineClamp={3}>
        {factsText(entry.facts).join('; ')}
      </Text>
    ),
  },
];
