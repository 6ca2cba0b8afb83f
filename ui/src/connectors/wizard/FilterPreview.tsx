// What a pre-filter would have done to the mail of the last days: looked at live, nothing kept.
import { Alert, Button, Group, Select, Stack, Table, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconFilter, IconMinus } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api } from '../../api/client';
import { asProblem } from '../../api/problem';
import type { ConnectorKind, FilterPreview as Preview, PreviewedMessage } from '../../api/types';
import { count, counted } from '../../shared/format';
import { SCROLLED_BY_KEYS } from '../../shared/scrolledByKeys';
import { Time } from '../../shared/Time';
import { unmetText } from '../filters';
import { type Draft, triedConnector } from './draft';

const DAYS = [
  { value: '1', label: 'the last day' },
  { value: '7', label: 'the last 7 days' },
  { value: '30', label: 'the last 30 days' },
  { value: '90', label: 'the last 90 days' },
];

type FilterPreviewProps = { draft: Draft; kind: ConnectorKind; ready: boolean };

export function FilterPreview({ draft, kind, ready }: FilterPreviewProps) {
  const [days, setDays] = useState('7');
  const run = useMutation({
    mutationFn: (tried: { draft: Draft; days: string }) =>
      answer(
        api.POST('/connectors/preview-filter', {
          body: { connector: triedConnector(tried.draft, kind), days: Number(tried.days) },
        }),
      ),
  });
  // A result says nothing about settings that were changed since.
  const current = run.variables?.draft === draft && run.variables.days === days;
  return (
    <Stack gap="sm">
      <Group gap="xs" align="flex-end">
        <Select
          label="Try it on the mail of"
          data={DAYS}
          value={days}
          allowDeselect={false}
          onChange={(value) => value && setDays(value)}
          w={180}
        />
        <Button
          variant="light"
          leftSection={<IconFilter size={16} />}
          loading={run.isPending}
          disabled={!ready}
          onClick={() => run.mutate({ draft, days })}
        >
          Preview
        </Button>
        <Text size="sm" c="dimmed" role="status" pb={8}>
          {run.isPending ? 'Looking into the mailbox…' : !ready && 'Describe the connection first.'}
        </Text>
      </Group>
      {current && run.error && (
        <Alert
          color="red"
          icon={<IconAlertTriangle />}
          title="The mailbox could not be looked into"
          role="alert"
        >
          {asProblem(run.error).message}
        </Alert>
      )}
      {current && run.data && <PreviewResult preview={run.data} />}
    </Stack>
  );
}

function PreviewResult({ preview }: { preview: Preview }) {
  const { messages, not_looked_into } = preview;
  const taken = messages.filter((message) => message.taken).length;
  if (messages.length === 0) return <Text size="sm">No mail was received on these days.</Text>;
  return (
    <Stack gap="xs">
      <Text size="sm" fw={600}>
        {count(taken)} of {counted(messages.length, 'message', 'messages')} would have been taken.
      </Text>
      {not_looked_into > 0 && (
        <Text size="xs" c="dimmed">
          {counted(not_looked_into, 'older message was', 'older messages were')} not looked into.
        </Text>
      )}
      <Table.ScrollContainer minWidth={420} mah={340} {...SCROLLED_BY_KEYS}>
        <Table fz="xs" verticalSpacing={4} stickyHeader aria-label="What the filter would have done">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={130}>Verdict</Table.Th>
              <Table.Th>From</Table.Th>
              <Table.Th>Subject</Table.Th>
              <Table.Th w={110}>Received</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {messages.map((message, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the list is never changed, and messages have no name here
              <PreviewRow key={index} message={message} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

function PreviewRow({ message }: { message: PreviewedMessage }) {
  const { taken, unmet, cut, from, subject, received_at } = message;
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap={4} wrap="nowrap" c={taken ? undefined : 'dimmed'}>
          {taken ? <IconCheck size={14} aria-hidden /> : <IconMinus size={14} aria-hidden />}
          {taken ? 'Taken' : unmetText(unmet ?? '')}
          {cut && ' (only its beginning was read)'}
        </Group>
      </Table.Td>
      <Table.Td className="breakable">{from ?? '–'}</Table.Td>
      <Table.Td className="breakable">{subject ?? '(no subject)'}</Table.Td>
      <Table.Td>
        <Time at={received_at} />
      </Table.Td>
    </Table.Tr>
  );
}
