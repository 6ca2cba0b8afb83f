// What was set aside after many tries: what could not be fetched, and what could not be decided. It blocks nothing.
import { Button, Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Delivery, MessageSummary } from '../api/types';
import { NO_SUBJECT, useRetryMessage } from '../inbox/messages';
import { useMay } from '../session/session';
import { byteSize } from '../shared/format';
import { type Column, DataTable } from '../shared/list/DataTable';
import { FailedState } from '../shared/states';
import { Time } from '../shared/Time';
import { useNeedsAttention, useRetryDelivery } from './connectors';

export function NeedsAttention({ id }: { id: string }) {
  const query = useNeedsAttention(id);
  if (query.isError) {
    return <FailedState what="What needs attention" error={query.error} retry={() => void query.refetch()} />;
  }
  const { deliveries = [], messages = [] } = query.data ?? {};
  if (deliveries.length + messages.length === 0) return null;
  const rows = [...deliveries.map((delivery) => fromDelivery(id, delivery)), ...messages.map(fromMessage)];
  return (
    <>
      <Title order={2} mt="lg" mb="xs">
        Need attention
      </Title>
      <DataTable
        what="What needs attention"
        list={{ rows, error: null, retry: () => {} }}
        columns={COLUMNS}
        rowKey={(row) => row.key}
        compact={(row) => (
          <Group justify="space-between" wrap="nowrap">
            <div style={{ minWidth: 0 }}>
              <Text size="sm" className="breakable">
                {row.what}
              </Text>
              <Text size="xs" c="red" className="breakable">
                {row.error}
              </Text>
            </div>
            {row.retry}
          </Group>
        )}
        empty={null}
      />
    </>
  );
}

type Row = {
  key: string;
  what: ReactNode;
  size: number | null;
  error: string | null;
  since: string;
  retry: ReactNode;
};

function fromDelivery(connector: string, delivery: Delivery): Row {
  return {
    key: delivery.id,
    what: (
      <>
        {delivery.folder} <span className="mono">{delivery.remote_id}</span>
      </>
    ),
    size: delivery.remote_size,
    error: delivery.last_error,
    since: delivery.discovered_at,
    retry: <RetryDelivery connector={connector} delivery={delivery.id} />,
  };
}

function fromMessage(message: MessageSummary): Row {
  return {
    key: message.id,
    what: <Link to={`/inbox/${message.id}`}>{message.subject ?? NO_SUBJECT}</Link>,
    size: message.size,
    error: message.last_error,
    since: message.received_at,
    retry: <RetryMessage message={message.id} />,
  };
}

const COLUMNS: Column<Row>[] = [
  { key: 'what', header: 'Message', width: '32%', render: (row) => row.what },
  {
    key: 'size',
    header: 'Size',
    width: 80,
    align: 'right',
    render: (row) => (row.size === null ? '–' : byteSize(row.size)),
  },
  { key: 'error', header: 'Last error', render: (row) => row.error ?? '–' },
  { key: 'since', header: 'Found', width: 110, render: (row) => <Time at={row.since} /> },
  { key: 'retry', header: '', label: 'Retry', width: 80, align: 'right', render: (row) => row.retry },
];

function RetryDelivery({ connector, delivery }: { connector: string; delivery: string }) {
  const retry = useRetryDelivery(connector);
  if (!useMay('manage_connectors')) return null;
  return <RetryButton busy={retry.isPending} onClick={() => retry.mutate(delivery)} />;
}

function RetryMessage({ message }: { message: string }) {
  const retry = useRetryMessage(message);
  if (!useMay('write_desk')) return null;
  return <RetryButton busy={retry.isPending} onClick={() => retry.mutate()} />;
}

function RetryButton({ busy, onClick }: { busy: boolean; onClick: () => void }) {
  return (
    <Button size="compact-xs" variant="default" loading={busy} onClick={onClick}>
      Retry
    </Button>
  );
}
