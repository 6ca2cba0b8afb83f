// Where the user is signed in.
import { Badge, Button, Group, Text } from '@mantine/core';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import { usePagedList } from '../api/lists';
import type { SessionView } from '../api/types';
import { type Column, DataTable } from '../shared/list/DataTable';
import { EmptyState } from '../shared/states';
import { Time } from '../shared/Time';
import { useAction } from '../shared/useAction';

const COLUMNS: Column<SessionView>[] = [
  { key: 'agent', header: 'Browser', render: (row) => row.user_agent ?? 'unknown' },
  { key: 'address', header: 'Address', width: 150, render: (row) => row.address ?? '–' },
  { key: 'used', header: 'Last used', width: 120, render: (row) => <Time at={row.last_used_at} /> },
  { key: 'expires', header: 'Ends', width: 120, render: (row) => <Time at={row.expires_at} /> },
  {
    key: 'end',
    header: '',
    label: 'End',
    width: 110,
    align: 'right',
    render: (row) => <EndSession session={row} />,
  },
];

export function Sessions() {
  const list = usePagedList(keys.sessions, () => answer(api.GET('/sessions')));
  return (
    <DataTable
      what="Sessions"
      list={list}
      columns={COLUMNS}
      rowKey={(row) => row.id}
      compact={(row) => (
        <Group justify="space-between" wrap="nowrap">
          <div style={{ minWidth: 0 }}>
            <Text size="sm" lineClamp={2}>
              {row.user_agent ?? 'unknown'}
            </Text>
            <Text size="xs" c="dimmed">
              {row.address} · used <Time at={row.last_used_at} />
            </Text>
          </div>
          <EndSession session={row} />
        </Group>
      )}
      empty={<EmptyState title="No sessions" />}
    />
  );
}

function EndSession({ session }: { session: SessionView }) {
  const end = useAction({
    run: () => answer(api.DELETE('/sessions/{id}', { params: { path: { id: session.id } } })),
    done: 'The session was ended',
    failed: 'The session was not ended',
    stale: () => [[...keys.sessions]],
  });
  if (session.current) return <Badge color="teal">This one</Badge>;
  return (
    <Button size="compact-xs" variant="default" loading={end.isPending} onClick={() => end.mutate()}>
      End
    </Button>
  );
}
