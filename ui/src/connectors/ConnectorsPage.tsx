// The table of connectors.
import { Badge, Button, Group, Text } from '@mantine/core';
import { IconPlugConnected, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { Connector } from '../api/types';
import { useMay } from '../session/session';
import { count, counted } from '../shared/format';
import { type Column, DataTable } from '../shared/list/DataTable';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState } from '../shared/states';
import { Time } from '../shared/Time';
import { ConnectorActions } from './ConnectorActions';
import { kindsOptions, useConnectors } from './connectors';
import { unresolvedError } from './health';
import { BAD, StatusIcon } from './StatusIcon';

export default function ConnectorsPage() {
  const query = useConnectors();
  const mayManage = useMay('manage_connectors');
  const newButton = (
    <Button component={Link} to="/settings/connectors/new" size="xs" leftSection={<IconPlus size={14} />}>
      New connector
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Connectors"
        description="The mailboxes that are watched."
        actions={mayManage && newButton}
      />
      <DataTable
        what="Connectors"
        list={{ rows: query.data, error: query.data ? null : query.error, retry: () => void query.refetch() }}
        columns={mayManage ? WITH_ACTIONS : COLUMNS}
        rowKey={(connector) => connector.id}
        rowHref={(connector) => `/settings/connectors/${connector.id}`}
        compact={compact}
        compactActions={mayManage ? actions : undefined}
        empty={
          <EmptyState icon={<IconPlugConnected size={32} />} title="No mailbox is connected yet">
            {mayManage ? (
              <>
                Connect the first one: its messages become cases.
                <Group justify="center" mt="sm">
                  {newButton}
                </Group>
              </>
            ) : (
              'Somebody who may manage connectors can connect the first one.'
            )}
          </EmptyState>
        }
      />
    </>
  );
}

const COLUMNS: Column<Connector>[] = [
  {
    key: 'status',
    header: '',
    label: 'Status',
    width: 40,
    align: 'center',
    render: (connector) => <StatusIcon connector={connector} />,
  },
  {
    key: 'name',
    header: 'Name',
    primary: true,
    render: (connector) => (
      <Group gap="xs" component="span">
        {connector.settings.name}
        <OriginBadge connector={connector} />
        <SourceBadge connector={connector} />
      </Group>
    ),
  },
  {
    key: 'kind',
    header: 'Type',
    width: 150,
    render: (connector) => <KindName kind={connector.settings.kind} />,
  },
  {
    key: 'success',
    header: 'Last success',
    width: 130,
    render: (connector) => <Time at={connector.status.last_success_at} fallback="never" />,
  },
  {
    key: 'total',
    header: 'Messages',
    width: 100,
    align: 'right',
    render: (connector) => <span className="tabular">{count(connector.counts.total)}</span>,
  },
  {
    key: 'pending',
    header: 'On their way',
    width: 120,
    align: 'right',
    render: (connector) => <span className="tabular">{count(onTheirWay(connector))}</span>,
  },
  {
    key: 'attention',
    header: 'Need attention',
    width: 120,
    align: 'right',
    render: (connector) => <AttentionCount connector={connector} />,
  },
];

function actions(connector: Connector) {
  return <ConnectorActions connector={connector} />;
}

const ACTIONS: Column<Connector> = {
  key: 'actions',
  header: '',
  label: 'Actions',
  width: 40,
  render: actions,
};

const WITH_ACTIONS = [...COLUMNS, ACTIONS];

const compact = (connector: Connector) => <CompactConnector connector={connector} />;

function onTheirWay({ counts }: Connector): number {
  return counts.discovered + counts.unacknowledged;
}

function AttentionCount({ connector: { counts } }: { connector: Connector }) {
  return counts.needs_attention > 0 ? (
    <Badge color="red">{count(counts.needs_attention)}</Badge>
  ) : (
    <Text span size="sm" c="dimmed">
      0
    </Text>
  );
}

export function KindName({ kind }: { kind: string }) {
  const { data } = useQuery(kindsOptions);
  return data?.find((known) => known.kind === kind)?.title ?? kind;
}

export function OriginBadge({ connector }: { connector: Connector }) {
  return connector.origin.from === 'file' ? (
    <Badge color="gray" variant="outline" title={connector.origin.path}>
      From a file
    </Badge>
  ) : null;
}

/** Only while something about its source is to be done. */
function SourceBadge({ connector: { migration, notice } }: { connector: Connector }) {
  if (migration === 'shadow') return <Badge color="blue">Migrating</Badge>;
  return notice ? (
    <Badge color="orange" title={notice}>
      Ends soon
    </Badge>
  ) : null;
}

/** Says in words what is wrong: a finger does not point at an icon. */
function CompactConnector({ connector }: { connector: Connector }) {
  const error = unresolvedError(connector.status);
  const attention = connector.counts.needs_attention;
  return (
    <Group wrap="nowrap" align="flex-start" gap="sm">
      <StatusIcon connector={connector} />
      <div style={{ minWidth: 0 }}>
        <Group gap="xs">
          <Text size="sm" fw={600} className="breakable">
            {connector.settings.name}
          </Text>
          <OriginBadge connector={connector} />
          <SourceBadge connector={connector} />
          {attention > 0 && (
            <Badge color="red">
              {count(attention)} {attention === 1 ? 'needs' : 'need'} attention
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed" component="div">
          <KindName kind={connector.settings.kind} /> · {counted(connector.counts.total, 'message')} · last
          success <Time at={connector.status.last_success_at} fallback="never" />
        </Text>
        {error && (
          <Text size="xs" c={BAD} lineClamp={3} className="breakable">
            {error.message}
          </Text>
        )}
      </div>
    </Group>
  );
}
