// What the organization calls its own or harmless, and what it calls malicious: the list that keeps noise down.
import { ActionIcon, Anchor, Badge, Stack, Text, Tooltip } from '@mantine/core';
import { IconListCheck, IconTrash } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Judgement, Mark, MarkScope } from '../api/types';
import { useMay } from '../session/session';
import { NotAllowed } from '../settings/NotAllowed';
import { type Column, DataTable } from '../shared/list/DataTable';
import { FilterSelect } from '../shared/list/FilterSelect';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState } from '../shared/states';
import { Time } from '../shared/Time';
import { useUrlFilters } from '../shared/useUrlFilters';
import { AddMark } from './AddMark';
import { useMarks, useTakeBackMark } from './indicators';
import { JUDGEMENTS, KIND_WORDS } from './indicatorWords';

const FILTERS = ['mark', 'scope'] as const;
export const SCOPES: { value: MarkScope; label: string }[] = [
  { value: 'below', label: 'Domain and below' },
  { value: 'network', label: 'Network' },
  { value: 'value', label: 'Single value' },
];

export default function MarksPage() {
  return useMay('read_desk') ? <Marks /> : <NotAllowed title="Marks" />;
}

function Marks() {
  const mayWrite = useMay('write_desk');
  const { values, set } = useUrlFilters(FILTERS);
  const mark = JUDGEMENTS.find(({ value }) => value === values.mark)?.value;
  const scope = SCOPES.find(({ value }) => value === values.scope)?.value;
  const list = useMarks({ mark, scope });
  return (
    <>
      <PageHeader
        title="Marks"
        description="What is own or benign is folded away on messages and cases and left out of exports; what is malicious is given out as such."
      />
      <Stack gap="md">
        {mayWrite && <AddMark />}
        <div style={{ display: 'flex', gap: 8, flexWrap: 'wrap' }}>
          <FilterSelect
            label="Mark"
            value={values.mark}
            onChange={(value) => set('mark', value)}
            data={JUDGEMENTS.map(({ value, label }) => ({ value, label }))}
          />
          <FilterSelect
            label="Reaches"
            value={values.scope}
            onChange={(value) => set('scope', value)}
            data={SCOPES}
            width={170}
          />
        </div>
        <DataTable
          what="Marks"
          list={list}
          columns={mayWrite ? [...COLUMNS, TAKE_BACK] : COLUMNS}
          rowKey={({ scope, kind, value }) => `${scope} ${kind ?? ''} ${value}`}
          compact={(row) => <CompactMark mark={row} mayWrite={mayWrite} />}
          empty={
            <EmptyState icon={<IconListCheck size={32} />} title="No marks">
              Name your own domains in <OwnDomains />, and add networks and what everybody knows here:
              messages then show what is left. Single values are marked where they are seen.
            </EmptyState>
          }
        />
      </Stack>
    </>
  );
}

/** "Domain and below", "Network", or the kind of the value. */
function reach({ scope, kind }: Mark): string {
  if (scope === 'value' && kind) return KIND_WORDS[kind].one;
  return SCOPES.find(({ value }) => value === scope)?.label ?? scope;
}

function JudgementBadge({ mark }: { mark: Judgement }) {
  const found = JUDGEMENTS.find(({ value }) => value === mark);
  return <Badge color={found?.color ?? 'gray'}>{found?.label ?? mark}</Badge>;
}

function Value({ mark }: { mark: Mark }) {
  return (
    <>
      <span className="mono breakable">{mark.defanged}</span>
      {mark.note && (
        <Text size="xs" c="dimmed" className="breakable">
          {mark.note}
        </Text>
      )}
    </>
  );
}

/** Where own domains are named, which is not here. */
function OwnDomains() {
  return (
    <Anchor component={Link} to="/settings/own-domains" size="sm" underline="always">
      Own domains
    </Anchor>
  );
}

function WhenSet({ mark }: { mark: Mark }) {
  if (mark.source === 'own_domains') return <OwnDomains />;
  return (
    <>
      <Time at={mark.at} />
      {mark.by && (
        <Text size="xs" c="dimmed" className="breakable">
          by {mark.by}
        </Text>
      )}
    </>
  );
}

const COLUMNS: Column<Mark>[] = [
  { key: 'value', header: 'What', render: (mark) => <Value mark={mark} /> },
  { key: 'scope', header: 'Reaches', width: 150, render: reach },
  { key: 'mark', header: 'Mark', width: 110, render: ({ mark }) => <JudgementBadge mark={mark} /> },
  { key: 'set', header: 'Set', width: 130, render: (mark) => <WhenSet mark={mark} /> },
];

const TAKE_BACK: Column<Mark> = {
  key: 'take-back',
  header: '',
  label: 'Take back',
  width: 40,
  render: (mark) => <TakeBack mark={mark} />,
};

function CompactMark({ mark, mayWrite }: { mark: Mark; mayWrite: boolean }) {
  return (
    <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8 }}>
      <Stack gap={2} style={{ minWidth: 0 }} align="flex-start">
        <Value mark={mark} />
        <Text size="xs" c="dimmed" component="div">
          {reach(mark)} · {mark.source === 'own_domains' ? <OwnDomains /> : <Time at={mark.at} />}
          {mark.by && ` by ${mark.by}`}
        </Text>
        <JudgementBadge mark={mark.mark} />
      </Stack>
      {mayWrite && <TakeBack mark={mark} />}
    </div>
  );
}

function TakeBack({ mark }: { mark: Mark }) {
  const takeBack = useTakeBackMark();
  if (mark.source === 'own_domains') return null;
  return (
    <Tooltip label="Take this mark back">
      <ActionIcon
        color="red"
        aria-label={`Take back ${mark.defanged}`}
        loading={takeBack.isPending}
        onClick={() => takeBack.mutate(mark)}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
