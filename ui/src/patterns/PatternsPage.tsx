// Regular expressions of the organization, and the ready-made ones to begin with.
import { ActionIcon, Anchor, Badge, Button, Code, Stack, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconRegex, IconTrash } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { NamedPattern, Pattern } from '../api/types';
import { useMay } from '../session/session';
import { NotAllowed } from '../settings/NotAllowed';
import { Confirm } from '../shared/confirm';
import { type Column, DataTable } from '../shared/list/DataTable';
import { PageHeader } from '../shared/PageHeader';
import { Panel } from '../shared/Panel';
import { EmptyState } from '../shared/states';
import { Time } from '../shared/Time';
import { useDeletePattern, useNamedPatterns, usePatterns } from './patterns';
import { givesWord, placesWord } from './patternWords';

export default function PatternsPage() {
  return useMay('read_desk') ? <Patterns /> : <NotAllowed title="Patterns" />;
}

function Patterns() {
  const mayManage = useMay('manage_connectors');
  const query = usePatterns();
  return (
    <>
      <PageHeader
        title="Patterns"
        description="Regular expressions of your own: ticket numbers, asset names, account ids. They are run over new mail; what they find becomes indicators or values of fields."
        actions={
          mayManage && (
            <Button component={Link} to="/settings/patterns/new" leftSection={<IconPlus size={16} />}>
              New pattern
            </Button>
          )
        }
      />
      <Stack gap="lg">
        <DataTable
          what="Patterns"
          list={{
            rows: query.data,
            error: query.data ? null : query.error,
            retry: () => void query.refetch(),
          }}
          columns={mayManage ? [...COLUMNS, DELETE] : COLUMNS}
          rowKey={({ id }) => id}
          compact={(one) => <CompactPattern of={one} mayManage={mayManage} />}
          empty={<NoPatterns mayManage={mayManage} />}
        />
        <Library mayManage={mayManage} />
      </Stack>
    </>
  );
}

function Name({ of: { id, pattern, active } }: { of: Pattern }) {
  return (
    <>
      <Anchor component={Link} to={`/settings/patterns/${id}`} size="sm" fw={600} className="breakable">
        {pattern.name}
      </Anchor>{' '}
      {!active && (
        <Badge size="xs" color="gray" variant="light">
          Off
        </Badge>
      )}
    </>
  );
}

const expression = (text: string) => <Code className="breakable">{text}</Code>;

const COLUMNS: Column<Pattern>[] = [
  { key: 'name', header: 'Pattern', width: 200, render: (one) => <Name of={one} /> },
  { key: 'expression', header: 'Expression', render: ({ pattern }) => expression(pattern.expression) },
  { key: 'looks_at', header: 'Looks at', width: 170, render: ({ pattern }) => placesWord(pattern.looks_at) },
  { key: 'gives', header: 'Gives', width: 170, render: ({ pattern }) => givesWord(pattern.gives) },
  { key: 'changed', header: 'Changed', width: 120, render: (one) => <Changed of={one} /> },
];

const DELETE: Column<Pattern> = {
  key: 'delete',
  header: '',
  label: 'Delete',
  width: 40,
  render: (one) => <Delete of={one} />,
};

function Changed({ of: { updated_at, updated_by } }: { of: Pattern }) {
  return (
    <>
      <Time at={updated_at} />
      {updated_by && (
        <Text size="xs" c="dimmed" className="breakable">
          by {updated_by}
        </Text>
      )}
    </>
  );
}

function CompactPattern({ of, mayManage }: { of: Pattern; mayManage: boolean }) {
  return (
    <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8 }}>
      <Stack gap={2} style={{ minWidth: 0 }} align="flex-start">
        <div>
          <Name of={of} />
        </div>
        {expression(of.pattern.expression)}
        <Text size="xs" c="dimmed">
          {placesWord(of.pattern.looks_at)} · {givesWord(of.pattern.gives)}
        </Text>
      </Stack>
      {mayManage && <Delete of={of} />}
    </div>
  );
}

function Delete({ of: one }: { of: Pattern }) {
  const [asking, ask] = useDisclosure(false);
  const remove = useDeletePattern(ask.close);
  return (
    <>
      <Tooltip label="Delete this pattern">
        <ActionIcon color="red" aria-label={`Delete ${one.pattern.name}`} onClick={ask.open}>
          <IconTrash size={16} />
        </ActionIcon>
      </Tooltip>
      <Confirm
        opened={asking}
        title={`Delete ${one.pattern.name}?`}
        confirmLabel="Delete pattern"
        dangerous
        busy={remove.isPending}
        onConfirm={() => remove.mutate(one)}
        onClose={ask.close}
      >
        <Text size="sm">
          It is no longer run over new mail. What it found stays until those messages are examined again.
        </Text>
      </Confirm>
    </>
  );
}

function NoPatterns({ mayManage }: { mayManage: boolean }) {
  return (
    <EmptyState icon={<IconRegex size={32} />} title="No patterns of your own">
      {mayManage
        ? 'URLs, hosts, addresses, hashes and the like are found without any. Add a pattern for what only your organization knows, and try it on stored mail before it is saved.'
        : 'An administrator or integration manager can add them here.'}
    </EmptyState>
  );
}

function Library({ mayManage }: { mayManage: boolean }) {
  const query = useNamedPatterns();
  return (
    <Panel title="Ready-made patterns">
      <Text size="sm" c="dimmed" mb="xs">
        What they find is checked again: check digits of cards, public suffixes of domains.
      </Text>
      <DataTable
        what="Ready-made patterns"
        list={{
          rows: query.data,
          error: query.data ? null : query.error,
          retry: () => void query.refetch(),
        }}
        columns={mayManage ? [...LIBRARY, TAKE] : LIBRARY}
        rowKey={({ id }) => id}
        compact={(named) => (
          <Stack gap={2} align="flex-start">
            <Text size="sm" fw={600}>
              {named.pattern.name}
            </Text>
            {expression(named.pattern.expression)}
            {mayManage && <Take of={named} />}
          </Stack>
        )}
        empty={null}
      />
    </Panel>
  );
}

const LIBRARY: Column<NamedPattern>[] = [
  { key: 'name', header: 'Finds', width: 200, render: ({ pattern }) => pattern.name },
  { key: 'expression', header: 'Expression', render: ({ pattern }) => expression(pattern.expression) },
  {
    key: 'example',
    header: 'Such as',
    width: 220,
    render: ({ example }) => <span className="mono breakable">{example}</span>,
  },
];

const TAKE: Column<NamedPattern> = {
  key: 'take',
  header: '',
  label: 'Begin with it',
  width: 120,
  render: (named) => <Take of={named} />,
};

function Take({ of: { id, pattern } }: { of: NamedPattern }) {
  return (
    <Anchor
      component={Link}
      to={`/settings/patterns/new?from=${id}`}
      size="sm"
      aria-label={`Begin with it: ${pattern.name}`}
    >
      Begin with it
    </Anchor>
  );
}
