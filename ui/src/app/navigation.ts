// The places of the app and who may go there.
import {
  IconAt,
  IconBriefcase,
  IconFileSearch,
  IconHistory,
  IconInbox,
  IconKey,
  IconListCheck,
  IconPlugConnected,
  type IconProps,
  IconRadar2,
  IconRefreshDot,
  IconRegex,
  IconUser,
  IconUsers,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Permission } from '../api/types';

export type Place = {
  to: string;
  label: string;
  icon: ComponentType<IconProps>;
  permission?: Permission;
  group: 'desk' | 'settings';
};

export const PLACES: Place[] = [
  { to: '/inbox', label: 'Inbox', icon: IconInbox, permission: 'read_desk', group: 'desk' },
  { to: '/cases', label: 'Cases', icon: IconBriefcase, permission: 'read_desk', group: 'desk' },
  { to: '/indicators', label: 'Indicators', icon: IconRadar2, permission: 'read_desk', group: 'desk' },
  { to: '/analyse', label: 'Analyse a file', icon: IconFileSearch, permission: 'read_desk', group: 'desk' },
  {
    to: '/settings/connectors',
    label: 'Connectors',
    icon: IconPlugConnected,
    permission: 'read_connectors',
    group: 'settings',
  },
  {
    to: '/settings/own-domains',
    label: 'Own domains',
    icon: IconAt,
    permission: 'read_connectors',
    group: 'settings',
  },
  { to: '/settings/keys', label: 'Keys', icon: IconKey, permission: 'read_connectors', group: 'settings' },
  { to: '/settings/marks', label: 'Marks', icon: IconListCheck, permission: 'read_desk', group: 'settings' },
  {
    to: '/settings/patterns',
    label: 'Patterns',
    icon: IconRegex,
    permission: 'read_desk',
    group: 'settings',
  },
  {
    to: '/settings/reexamination',
    label: 'Re-examination',
    icon: IconRefreshDot,
    permission: 'read_desk',
    group: 'settings',
  },
  { to: '/settings/users', label: 'Users', icon: IconUsers, permission: 'manage_users', group: 'settings' },
  {
    to: '/settings/audit',
    label: 'Audit log',
    icon: IconHistory,
    permission: 'read_audit',
    group: 'settings',
  },
  { to: '/settings/account', label: 'My account', icon: IconUser, group: 'settings' },
];

export function placesFor(permissions: Permission[]): Place[] {
  return PLACES.filter((place) => !place.permission || permissions.includes(place.permission));
}
