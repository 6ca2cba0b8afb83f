// Roles and permissions in words.
import type { Permission, Role } from '../api/types';

export const ROLES: { value: Role; label: string; description: string }[] = [
  { value: 'administrator', label: 'Administrator', description: 'May do everything' },
  {
    value: 'integration_manager',
    label: 'Integration manager',
    description: 'Manages connectors and keys; reads cases and messages',
  },
  { value: 'analyst', label: 'Analyst', description: 'Works on cases' },
  { value: 'read_only', label: 'Read-only', description: 'Sees cases, messages and connectors' },
];

export const PERMISSION_WORDS: Record<Permission, string> = {
  read_desk: 'See cases and messages',
  write_desk: 'Change cases, write notes, retry messages',
  read_connectors: 'See connectors and keys',
  manage_connectors: 'Manage connectors and keys, examine messages again',
  manage_users: 'Manage users',
  read_audit: 'Read the audit log',
};

export function roleLabel(role: Role): string {
  return ROLES.find(({ value }) => value === role)?.label ?? role;
}
