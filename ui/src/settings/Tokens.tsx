// Personal API tokens.
import { Badge, Button, Group, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import { usePagedList } from '../api/lists';
import type { TokenView } from '../api/types';
import { Confirm } from '../shared/confirm';
import { type Column, DataTable } from '../shared/list/DataTable';
import { EmptyState } from '../shared/states';
import { Time, useNow } from '../shared/Time';
import { useAction } from '../shared/useAction';
import { NewToken } from './NewToken';
import { PERMISSION_WORDS } from './roles';

const COLUMNS: Column<TokenView>[] = [
  { key: 'name', header: 'Name', render: (token) => token.name },
  { key: 'prefix', header: 'Starts with', render: (token) => <span className="mono">{token.prefix}…</span> },
  {
    key: 'permissions',
    header: 'May',
    render: (token) => token.permissions.map((permission) => PERMISSION_WORDS[permission]).join(', '),
  },
  {
    key: 'used',
    header: 'Last used',
    width: 110,
    render: (token) => <Time at={token.last_used_at} fallback="never" />,
  },
  {
    key: 'expires',
    header: 'Expires',
    width: 110,
    render: (token) => <Time at={token.expires_at} fallback="never" />,
  },
  {
    key: 'revoke',
    header: '',
    label: 'Revoke',
    width: 100,
    align: 'right',
    render: (token) => <Revoke token={token} />,
  },
];

export function Tokens() {
  const list = usePagedList(keys.tokens, () => answer(api.GET('/tokens')));
  const [making, make] = useDisclosure(false);
  return (
    <section>
      <Group justify="space-between" mb="xs">
        <div>
          <Title order={2}>API tokens</Title>
          <Text size="sm" c="dimmed">
            For scripts that act in your name. Sent as “Authorization: Bearer …”.
          </Text>
        </div>
        <Button size="xs" leftSection={<IconPlus size={14} />} onClick={make.open}>
          New token
        </Button>
      </Group>
      <DataTable
        what="Tokens"
        list={list}
        columns={COLUMNS}
        rowKey={(token) => token.id}
        compact={(token) => (
          <Group justify="space-between" wrap="nowrap">
            <div>
              <Text size="sm" fw={600}>
                {token.name}
              </Text>
              <Text size="xs" c="dimmed">
                <span className="mono">{token.prefix}…</span> · expires{' '}
                <Time at={token.expires_at} fallback="never" />
              </Text>
            </div>
            <Revoke token={token} />
          </Group>
        )}
        empty={<EmptyState icon={<IconKey size={32} />} title="No tokens" />}
      />
      <NewToken opened={making} onClose={make.close} />
    </section>
  );
}

function Revoke({ token }: { token: TokenView }) {
  const now = useNow();
  const [asking, ask] = useDisclosure(false);
  const revoke = useAction({
    run: () => answer(api.DELETE('/tokens/{id}', { params: { path: { id: token.id } } })),
    done: 'The token was revoked',
    failed: 'The token was not revoked',
    stale: () => [[...keys.tokens]],
    onDone: ask.close,
  });
  if (token.revoked_at) return <Badge color="gray">Revoked</Badge>;
  if (token.expires_at && Date.parse(token.expires_at) < now) return <Badge color="gray">Expired</Badge>;
  return (
    <>
      <Button size="compact-xs" variant="default" color="red" onClick={ask.open}>
        Revoke
      </Button>
      <Confirm
        opened={asking}
        title={`Revoke ${token.name}?`}
        confirmLabel="Revoke token"
        dangerous
        busy={revoke.isPending}
        onConfirm={() => revoke.mutate()}
        onClose={ask.close}
      >
        <Text size="sm">Whatever uses it stops working at once. This cannot be undone.</Text>
      </Confirm>
    </>
  );
}
