// Hashes of a part, each to be copied: shortened where many stand together, whole where one part is looked at.
import { Group, Stack, Text } from '@mantine/core';
import type { Hashes } from '../api/types';
import { CopyButton } from '../shared/CopyButton';

const SHORT_CHARACTERS = 12;

export function HashList({ hashes, whole }: { hashes: Hashes; whole?: boolean }) {
  const all = [
    { name: 'SHA-256', value: hashes.sha256 },
    { name: 'SHA-1', value: hashes.sha1 },
    { name: 'MD5', value: hashes.md5 },
    // Alike for files that are nearly alike: of use to those who compare it, so not where there is little room.
    ...(whole && hashes.ssdeep ? [{ name: 'ssdeep', value: hashes.ssdeep }] : []),
  ];
  const rows = all.map(({ name, value }) => (
    <Group key={name} gap={6} wrap="nowrap">
      <Text
        span
        size="xs"
        c="dimmed"
        style={{ whiteSpace: 'nowrap', flex: 'none' }}
        w={whole ? 52 : undefined}
      >
        {name}
      </Text>
      <Text
        span
        size="xs"
        className={whole ? 'mono breakable' : 'mono'}
        title={value}
        style={whole ? undefined : { whiteSpace: 'nowrap' }}
      >
        {whole ? value : `${value.slice(0, SHORT_CHARACTERS)}…`}
      </Text>
      <CopyButton value={value} label={`Copy ${name}`} />
    </Group>
  ));
  return whole ? <Stack gap={0}>{rows}</Stack> : <Group gap="md">{rows}</Group>;
}
