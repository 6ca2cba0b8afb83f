// Hashes of a part, each to be copied.
import { Group, Text } from '@mantine/core';
import type { Hashes } from '../api/types';
import { CopyButton } from '../shared/CopyButton';

export function HashList({ hashes }: { hashes: Hashes }) {
  const all = [
    { name: 'SHA-256', value: hashes.sha256 },
    { name: 'SHA-1', value: hashes.sha1 },
    { name: 'MD5', value: hashes.md5 },
  ];
  return (
    <Group gap="md">
      {all.map(({ name, value }) => (
        <Group key={name} gap={4} wrap="nowrap">
          <Text span size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
            {name}
          </Text>
          <Text span size="xs" className="mono" title={value} style={{ whiteSpace: 'nowrap' }}>
            {value.slice(0, 12)}…
          </Text>
          <CopyButton value={value} label={`Copy ${name}`} />
        </Group>
      ))}
    </Group>
  );
}
