// The headers as meant and as found, and the way the message claims to have come.
import { CloseButton, Group, SegmentedControl, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { Header, Hop } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { counted } from '../shared/format';
import { SCROLLED_BY_KEYS } from '../shared/scrolledByKeys';
import { EmptyState } from '../shared/states';
import { Time } from '../shared/Time';
import { headersAsFound, headersWith } from './headerText';

/** So many are taken in at a glance. */
const FEW = 8;

export function Headers({ headers, received = [] }: { headers: Header[]; received?: Hop[] }) {
  const [form, setForm] = useState('decoded');
  const [sought, seek] = useState('');
  const shown = headersWith(headers, sought);
  if (headers.length === 0) {
    return <EmptyState title="No headers">There is no header that could be read.</EmptyState>;
  }
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <SegmentedControl
          value={form}
          onChange={setForm}
          size="xs"
          w="fit-content"
          aria-label="How headers are shown"
          data={[
            { value: 'decoded', label: 'Decoded' },
            { value: 'raw', label: 'Raw' },
          ]}
        />
        {headers.length > FEW && (
          <TextInput
            size="xs"
            aria-label="Find in the headers"
            placeholder="Find in the headers"
            value={sought}
            onChange={(event) => seek(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') seek('');
            }}
            leftSection={<IconSearch size={14} />}
            rightSection={
              sought && <CloseButton size="xs" aria-label="Show all headers" onClick={() => seek('')} />
            }
            style={{ flex: '1 1 160px', maxWidth: 280 }}
          />
        )}
        <CopyButton value={headersAsFound(headers)} label="Copy all headers, raw" />
        <Text size="xs" c="dimmed" role="status">
          {sought.trim() ? `${shown.length} of ${headers.length}` : counted(headers.length, 'header')}
        </Text>
      </Group>
      <Table fz="sm" layout="fixed" aria-label="Headers" verticalSpacing={4}>
        <Table.Tbody>
          {shown.map(({ header, position }) => (
            <Table.Tr key={position}>
              <Table.Th
                w={{ base: 120, sm: 210 }}
                fw={500}
                c="dimmed"
                className="breakable"
                style={{ verticalAlign: 'top' }}
              >
                {header.name}
              </Table.Th>
              <Table.Td
                className="mono breakable"
                style={form === 'raw' ? { whiteSpace: 'pre-wrap' } : undefined}
              >
                {form === 'raw' ? header.raw : header.value}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {received.length > 0 && <Path hops={received} />}
    </Stack>
  );
}

function Path({ hops }: { hops: Hop[] }) {
  return (
    <div>
      <Title order={2} size="h3">
        Path
      </Title>
      <Text size="sm" c="dimmed" mb={4}>
        Newest hop first, as the Received headers claim. Only hops of your own servers can be relied on.
      </Text>
      <Table.ScrollContainer minWidth={560} {...SCROLLED_BY_KEYS}>
        <Table fz="sm" aria-label="Path of the message">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>From</Table.Th>
              <Table.Th>Address</Table.Th>
              <Table.Th>By</Table.Th>
              <Table.Th>With</Table.Th>
              <Table.Th>When</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {hops.map((hop, position) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: hops have no identity but their position
              <Table.Tr key={position}>
                <Table.Td className="breakable">{hop.from ?? '–'}</Table.Td>
                <Table.Td className="mono">{hop.from_ip ?? '–'}</Table.Td>
                <Table.Td className="breakable">{hop.by ?? '–'}</Table.Td>
                <Table.Td>{hop.with ?? '–'}</Table.Td>
                <Table.Td>
                  <Time at={hop.date} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </div>
  );
}
