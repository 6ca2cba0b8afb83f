// Who may use this organization.
import { ActionIcon, Badge, Button, Group, Stack, Text } from '@mantine/core';
import { IconPencil, IconPlus, IconUsers } from '@tabler/icons-react';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import { usePagedList } from '../api/lists';
import type { UserView } from '../api/types';
import { useMay } from '../session/session';
import { type Column, DataTable } from '../shared/list/DataTable';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState } from '../shared/states';
import { Time } from '../shared/Time';
import { NotAllowed } from './NotAllowed';
import { roleLabel } from './roles';
import { UserForm } from './UserForm';

export default function UsersPage() {
  return useMay('manage_users') ? <Users /> : <NotAllowed title="Users" />;
}

function Users() {
  const [edited, setEdited] = useState<UserView | 'new' | null>(null);
  const list = usePagedList(keys.users, () => answer(api.GET('/users')));
  const edit: Column<UserView> = {
    key: 'edit',
    header: '',
    label: 'Edit',
    width: 40,
    render: (user) => (
      <ActionIcon aria-label={`Edit ${user.display_name}`} onClick={() => setEdited(user)}>
        <IconPencil size={16} />
      </ActionIcon>
    ),
  };
  return (
    <>
      <PageHeader
        title="Users"
        description="Who may use this organization, and in which role."
        actions={
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setEdited('new')}>
            New user
          </Button>
        }
      />
      <DataTable
        what="Users"
        list={list}
        columns={[...COLUMNS, edit]}
        rowKey={(user) => user.id}
        compact={(user) => (
          <Group justify="space-between" wrap="nowrap">
            <Stack gap={0}>
              <Text size="sm" fw={600}>
                {user.display_name}
              </Text>
              <Text size="xs" c="dimmed">
                {user.username} · {roleLabel(user.role)}
                {user.disabled ? ' · disabled' : ''}
              </Text>
            </Stack>
            {edit.render(user)}
          </Group>
        )}
        empty={<EmptyState icon={<IconUsers size={32} />} title="No users" />}
      />
      <UserForm user={edited} onClose={() => setEdited(null)} />
    </>
  );
}

const COLUMNS: Column<UserView>[] = [
  { key: 'name', header: 'Name', render: (user) => <strong>{user.display_name}</strong> },
  { key: 'username', header: 'User name', render: (user) => user.username },
  { key: 'role', header: 'Role', render: (user) => roleLabel(user.role) },
  {
    key: 'state',
    header: 'State',
    render: (user) =>
      user.disabled ? <Badge color="red">Disabled</Badge> : <Badge color="teal">Enabled</Badge>,
  },
  { key: 'created', header: 'Created', render: (user) => <Time at={user.created_at} /> },
];
