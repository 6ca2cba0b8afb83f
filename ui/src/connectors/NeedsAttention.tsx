// Deliveries that were set aside after many tries. They block nothing.
import { Anchor, Button, Group, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import type { TroubledDelivery } from '../api/types';
import { useMay } from '../session/session';
import { byteSize } from '../shared/format';
import { type Column, DataTable } from '../shared/list/DataTable';
import { Time } from '../shared/Time';
import { useRetryDelivery, useTroubledDeliveries } from './connectors';

export function NeedsAttention({ id }: { id: string }) {
  const list = useTroubledDeliveries(id);
  if (!list.error && !list.rows?.length) return null;
  return (
    <>
      <Title order={2} mt="lg" mb="xs">
        Need attention
      </Title>
      <DataTable
        what="Deliveries that need attention"
        list={list}
        columns={[...COLUMNS, retryColumn(id)]}
        rowKey={(row) => row.id}
        compact={(row) => (
          <Group justify="space-between" wrap="nowrap">
            <div style={{ minWidth: 0 }}>
              <Text size="sm" className="mono breakable">
                {row.folder} {row.remote_id}
              </Text>
              <Text size="xs" c="red" className="breakable">
                {row.last_error}
              </Text>
            </div>
            <Retry connector={id} row={row} />
          </Group>
        )}
        empty={null}
      />
    </>
  );
}

const COLUMNS: Column<TroubledDelivery>[] = [
  {
    key: 'remote',
    header: 'On the server',
    width: '25%',
    render: (row) => (
      <>
        {row.folder} <span className="mono">{row.remote_id}</span>
      </>
    ),
  },
  {
    key: 'size',
    header: 'Size',
    width: 80,
    align: 'right',
    render: (row) => (row.remote_size == null ? '–' : byteSize(row.remote_size)),
  },
  { key: 'error', header: 'Last error', render: (row) => row.last_error ?? '–' },
  { key: 'attempts', header: 'Tries', width: 60, align: 'right', render: (row) => row.attempts },
  { key: 'found', header: 'Found', width: 110, render: (row) => <Time at={row.discovered_at} /> },
  {
    key: 'message',
    header: 'Message',
    width: 90,
    render: (row) =>
      row.message ? (
        <Anchor component={Link} to={`/inbox/${row.message}`} size="sm">
          Open
        </Anchor>
      ) : (
        'not stored'
      ),
  },
];

const retryColumn = (connector: string): Column<TroubledDelivery> => ({
  key: 'retry',
  header: '',
  label: 'Retry',
  width: 80,
  render: (row) => <Retry connector={connector} row={row} />,
});

function Retry({ connector, row }: { connector: string; row: TroubledDelivery }) {
  const retry = useRetryDelivery(connector);
  // A stored message is retried by analysts, a fetch by those who manage connectors.
  const may = { message: useMay('write_desk'), fetch: useMay('manage_connectors') };
  if (!(row.message ? may.message : may.fetch)) return null;
  return (
    <Button size="compact-xs" variant="default" loading={retry.isPending} onClick={() => retry.mutate(row)}>
      Retry
    </Button>
  );
}
