// What the organization's own patterns found in a message.
import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { PatternValue } from '../api/types';
import { defangText } from '../indicators/indicatorWords';
import { CopyButton } from '../shared/CopyButton';
import { type Column, DataTable } from '../shared/list/DataTable';
import { Panel } from '../shared/Panel';
import { givesWord, whereWord } from './patternWords';

export function PatternValues({ values }: { values: PatternValue[] }) {
  if (values.length === 0) return null;
  return (
    <Panel
      title="Found by patterns"
      actions={
        <Anchor component={Link} to="/settings/patterns" size="sm">
          Patterns
        </Anchor>
      }
    >
      <DataTable
        what="Values"
        list={{ rows: values, error: null, retry: () => undefined }}
        columns={COLUMNS}
        rowKey={({ pattern, value }) => `${pattern} ${value}`}
        compact={(value) => (
          <>
            <Value of={value} />
            <Text size="xs" c="dimmed">
              {value.pattern} · {givesWord(value.gives)} · {whereWord(value.place)}
            </Text>
          </>
        )}
        empty={null}
      />
    </Panel>
  );
}

function Value({ of: { value } }: { of: PatternValue }) {
  return (
    <>
      <span className="mono breakable">{defangText(value)}</span>{' '}
      <CopyButton value={value} label={`Copy ${defangText(value)}`} />
    </>
  );
}

const COLUMNS: Column<PatternValue>[] = [
  { key: 'value', header: 'Value', render: (value) => <Value of={value} /> },
  { key: 'pattern', header: 'Pattern', width: 180, render: ({ pattern }) => pattern },
  { key: 'gives', header: 'Gives', width: 170, render: ({ gives }) => givesWord(gives) },
  { key: 'where', header: 'Where', width: 190, render: ({ place }) => whereWord(place) },
];
