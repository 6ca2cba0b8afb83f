// Where a message was found, and what was done to it there.
import { Anchor, Badge, Group, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { Delivery, DeliveryState } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { type Column, DataTable } from '../shared/list/DataTable';
import { EmptyState } from '../shared/states';
import { Time } from '../shared/Time';

const STATE: Record<DeliveryState, { color: string; label: string }> = {
  discovered: { color: 'blue', label: 'Discovered' },
  stored: { color: 'blue', label: 'Stored' },
  acknowledged: { color: 'teal', label: 'Acknowledged' },
  filtered_out: { color: 'gray', label: 'Left out' },
  gone: { color: 'gray', label: 'Gone from the server' },
  needs_attention: { color: 'red', label: 'Needs attention' },
  left: { color: 'gray', label: 'Mailbox left' },
};

const COLUMNS: Column<Delivery>[] = [
  {
    key: 'connector',
    header: 'Connector',
    render: ({ connector }) => (
      <Anchor component={Link} to={`/settings/connectors/${connector.id}`} size="sm">
        {connector.name}
      </Anchor>
    ),
  },
  { key: 'folder', header: 'Folder', render: (delivery) => delivery.folder },
  {
    key: 'remote',
    header: 'Identity on the server',
    render: (delivery) => <span className="mono">{delivery.remote_id}</span>,
  },
  { key: 'state', header: 'State', render: (delivery) => <DeliveryStateText delivery={delivery} /> },
  { key: 'stored', header: 'Stored', render: (delivery) => <Time at={delivery.stored_at} /> },
  {
    key: 'acknowledged',
    header: 'Acknowledged',
    render: (delivery) => <Time at={delivery.acknowledged_at} />,
  },
];

function DeliveryStateText({ delivery }: { delivery: Delivery }) {
  const { color, label } = STATE[delivery.state];
  const error = delivery.ack_error ?? delivery.last_error;
  return (
    <Stack gap={2} align="flex-start">
      <Badge color={color}>{label}</Badge>
      {error && (
        <Text size="xs" c="red" className="breakable">
          {delivery.ack_error ? 'Not acknowledged on the server: ' : ''}
          {error}
        </Text>
      )}
    </Stack>
  );
}

export function Deliveries({ deliveries, sha256 }: { deliveries: Delivery[]; sha256: string }) {
  return (
    <Stack gap="sm">
      <DataTable
        what="Deliveries"
        list={{ rows: deliveries, error: null, retry: () => {} }}
        columns={COLUMNS}
        rowKey={(delivery) => delivery.id}
        compact={(delivery) => (
          <Stack gap={2}>
            <Text size="sm" fw={600}>
              {delivery.connector.name} · {delivery.folder}
            </Text>
            <Text size="xs" className="mono breakable">
              {delivery.remote_id}
            </Text>
            <DeliveryStateText delivery={delivery} />
          </Stack>
        )}
        empty={<EmptyState title="No deliveries" />}
      />
      <Group gap={4} wrap="nowrap">
        <Text size="sm" c="dimmed" className="breakable">
          SHA-256 of the raw bytes <span className="mono">{sha256}</span>
        </Text>
        <CopyButton value={sha256} label="Copy the SHA-256 of the raw message" />
      </Group>
    </Stack>
  );
}
