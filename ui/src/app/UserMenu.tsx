// Who is signed in, and the way out.
import { ActionIcon, Avatar, Menu, Text } from '@mantine/core';
import { IconApi, IconKeyboard, IconLogout, IconUser } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useMe, useSignOut } from '../session/session';
import { initials, title } from '../shared/format';

export function UserMenu({ onHelp }: { onHelp: () => void }) {
  const me = useMe();
  const signOut = useSignOut();
  const letters = initials(me.user.display_name);
  return (
    <Menu position="bottom-end" width={230} withinPortal={false}>
      <Menu.Target>
        <ActionIcon size="lg" radius="xl" aria-label={`Account of ${me.user.display_name}, ${letters}`}>
          <Avatar color="petrol" size={28}>
            {letters}
          </Avatar>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--mantine-color-text)">
            {me.user.display_name}
          </Text>
          <Text size="xs">
            {title(me.user.role)} · {me.organization.name}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item component={Link} to="/settings/account" leftSection={<IconUser size={16} />}>
          My account
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={onHelp}>
          Keyboard
        </Menu.Item>
        <Menu.Item component="a" href="/reference/" target="_blank" leftSection={<IconApi size={16} />}>
          API reference
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
