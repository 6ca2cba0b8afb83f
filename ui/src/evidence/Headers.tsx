// The headers as meant and as found, and what they say of the origin of the message.
import { CloseButton, Group, SegmentedControl, Stack, Table, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { Header, Hop, MailingList, Verdicts } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { counted } from '../shared/format';
import { EmptyState } from '../shared/states';
import { headersAsFound, headersWith } from './headerText';
import { Origin } from './Origin';
import { Path } from './Path';

/** So many are taken in at a glance. */
const FEW = 8;

type HeadersProps = {
  headers: Header[];
  /** Of the outermost message only. */
  origin?: { received: Hop[]; verdicts: Verdicts; mailing_list: MailingList | null };
};

export function Headers({ headers, origin }: HeadersProps) {
  const [form, setForm] = useState('decoded');
  const [sought, seek] = useState('');
  const shown = headersWith(headers, sought);
  if (headers.length === 0) {
    return <EmptyState title="No headers">There is no header that could be read.</EmptyState>;
  }
  return (
    <Stack gap="sm">
      {origin && <Origin verdicts={origin.verdicts} list={origin.mailing_list} />}
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
      {origin && origin.received.length > 0 && <Path hops={origin.received} route={origin.verdicts.route} />}
    </Stack>
  );
}
