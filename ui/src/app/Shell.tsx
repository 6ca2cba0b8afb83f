// The frame of every page: places on the left, live state, alarms and account above.
import { AppShell, Burger, Group, NavLink, Text } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { Suspense, useEffect } from 'react';
import { Outlet, NavLink as RouterLink, useLocation, useNavigate } from 'react-router';
import { LiveIndicator } from '../live/LiveIndicator';
import { useMe } from '../session/session';
import { LoadingRows } from '../shared/states';
import { AlarmsBell } from './AlarmsBell';
import { ColorSchemeMenu } from './ColorSchemeMenu';
import { placesFor } from './navigation';
import { Palette } from './Palette';
import classes from './Shell.module.css';
import { ShortcutHelp } from './ShortcutHelp';
import { UserMenu } from './UserMenu';
import { useKeySequence } from './useKeySequence';

export function Shell() {
  const me = useMe();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [menuOpen, menu] = useDisclosure(false);
  const [helpOpen, help] = useDisclosure(false);
  const mayReadConnectors = me.permissions.includes('read_connectors');
  useHotkeys([['shift+?', help.open]]);
  useHotkeys([['?', help.open]]);
  useKeySequence('g', {
    i: () => navigate('/inbox'),
    c: () => navigate('/cases'),
    n: () => navigate('/indicators'),
    a: () => navigate('/analyse'),
    s: () => navigate(mayReadConnectors ? '/settings/connectors' : '/settings/account'),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when another page is opened
  useEffect(() => menu.close(), [pathname]);

  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 196, breakpoint: 'sm', collapsed: { mobile: !menuOpen } }}
      padding={{ base: 'sm', sm: 'md' }}
    >
      <AppShell.Header className={classes.header}>
        <a href="#content" className={classes.skip}>
          Skip to content
        </a>
        <Group h="100%" px="sm" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap" style={{ minWidth: 0 }}>
            <Burger
              opened={menuOpen}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={menuOpen ? 'Close the menu' : 'Open the menu'}
            />
            <img src="/favicon.svg" alt="" width={22} height={22} />
            <Text fw={650} size="lg">
              Mailcase
            </Text>
            <Text size="sm" c="dimmed" truncate visibleFrom="sm">
              {me.organization.name}
            </Text>
          </Group>
          <Group gap={6} wrap="nowrap">
            <LiveIndicator />
            {mayReadConnectors && <AlarmsBell />}
            <ColorSchemeMenu />
            <UserMenu onHelp={help.open} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} p="xs" component="nav" aria-label="Places">
        <Places group="desk" />
        <Text size="xs" c="dimmed" fw={600} mt="md" mb={4} px="xs">
          Settings
        </Text>
        <Places group="settings" />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <Suspense fallback={<LoadingRows />}>
          <Outlet />
        </Suspense>
      </AppShell.Main>
      <ShortcutHelp opened={helpOpen} onClose={help.close} />
      <Palette />
    </AppShell>
  );
}

function Places({ group }: { group: 'desk' | 'settings' }) {
  const { permissions } = useMe();
  const { pathname } = useLocation();
  return placesFor(permissions)
    .filter((place) => place.group === group)
    .map((place) => (
      <NavLink
        key={place.to}
        component={RouterLink}
        to={place.to}
        label={place.label}
        leftSection={<place.icon size={17} />}
        active={pathname.startsWith(place.to)}
        className={classes.place}
      />
    ));
}
