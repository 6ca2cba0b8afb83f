// What a connector said lately.
import { Badge, Group, Text } from '@mantine/core';
import type { LogLine } from '../api/types';
import { exactUtc } from '../shared/format';
import { type Column, DataTable } from '../shared/list/DataTable';
import { EmptyState } from '../shared/states';
import { Time } from '../shared/Time';
import { useConnectorLog } from './connectors';

const COLORS: Record<string, string> = { info: 'gray', warning: 'orange', error: 'red' };

function Level({ line }: { line: LogLine }) {
  return <Badge color={COLORS[line.level] ?? 'gray'}>{line.level}</Badge>;
}

const COLUMNS: Column<LogLine>[] = [
  {
    key: 'at',
    header: 'When',
    width: 190,
    render: (line) => (
      <Text span size="sm" c="dimmed" className="tabular" style={{ whiteSpace: 'nowrap' }}>
        {exactUtc(line.at)}
      </Text>
    ),
  },
  { key: 'level', header: 'Level', width: 90, render: (line) => <Level line={line} /> },
  { key: 'event', header: 'Event', width: 170, render: (line) => <span className="mono">{line.event}</span> },
  { key: 'text', header: 'What happened', render: (line) => line.text },
];

export function ConnectorLog({ id }: { id: string }) {
  return (
    <DataTable
      what="Log lines"
      list={useConnectorLog(id)}
      columns={COLUMNS}
      rowKey={(line) => `${line.at} ${line.event} ${line.text}`}
      compact={(line) => (
        <>
          <Group gap="xs">
            <Level line={line} />
            <Text size="xs" c="dimmed">
              <Time at={line.at} />
            </Text>
          </Group>
          <Text size="sm" className="breakable">
            {line.text}
          </Text>
        </>
      )}
      empty={<EmptyState title="Nothing logged yet" />}
    />
  );
}
