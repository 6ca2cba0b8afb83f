// The search over the indicators of all messages.
import { Button, Center, Group, Text } from '@mantine/core';
import { IconRadar2 } from '@tabler/icons-react';
import { useMay } from '../session/session';
import { NotAllowed } from '../settings/NotAllowed';
import { FilterSelect } from '../shared/list/FilterSelect';
import { SearchBox } from '../shared/list/SearchBox';
import { useListKeys } from '../shared/list/useListKeys';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState, FailedState, LoadingRows } from '../shared/states';
import { type UrlFilters, useUrlFilters } from '../shared/useUrlFilters';
import { CopyAll, ExportMenu } from './ExportMenu';
import { IndicatorRow } from './IndicatorRow';
import { useMarking } from './IndicatorTable';
import classes from './IndicatorTable.module.css';
import { INDICATOR_FILTERS, useFoundIndicators } from './indicators';
import { KIND_WORDS, KINDS, rowKey } from './indicatorWords';

const MARKS = [
  { value: 'malicious', label: 'Malicious' },
  { value: 'benign', label: 'Benign' },
  { value: 'own', label: 'Own' },
  { value: 'none', label: 'Not marked' },
  { value: 'unfolded', label: 'Neither benign nor own' },
];
const SEEN = [
  { value: 'day', label: 'Last 24 hours' },
  { value: 'week', label: 'Last 7 days' },
  { value: 'month', label: 'Last 30 days' },
  { value: 'quarter', label: 'Last 90 days' },
];

export default function IndicatorsPage() {
  return useMay('read_desk') ? <Indicators /> : <NotAllowed title="Indicators" />;
}

function Indicators() {
  const filters = useUrlFilters(INDICATOR_FILTERS);
  return (
    <>
      <PageHeader
        title="Indicators"
        description="Everything observable in all messages: a domain finds what is below it, 192.0.2.0/24 a network, anything else a part of a value."
        actions={<ExportMenu of={{ of: 'search', filters: filters.values }} />}
      />
      <FilterBar filters={filters} />
      <Found filters={filters} />
    </>
  );
}

type Filters = UrlFilters<(typeof INDICATOR_FILTERS)[number]>;

function FilterBar({ filters: { values, set, active, clear } }: { filters: Filters }) {
  return (
    <Group gap="xs" mb="sm">
      <SearchBox
        value={values.q ?? ''}
        onSearch={(text) => set('q', text)}
        placeholder="Domain, URL, address, network, hash, text"
      />
      <FilterSelect
        label="Kind"
        value={values.kind}
        onChange={(value) => set('kind', value)}
        data={KINDS.map((value) => ({ value, label: KIND_WORDS[value].one }))}
      />
      <FilterSelect label="Mark" value={values.mark} onChange={(value) => set('mark', value)} data={MARKS} />
      <FilterSelect label="Seen" value={values.seen} onChange={(value) => set('seen', value)} data={SEEN} />
      {active && (
        <Button variant="subtle" color="gray" size="xs" onClick={clear}>
          Clear
        </Button>
      )}
    </Group>
  );
}

function Found({ filters }: { filters: Filters }) {
  const list = useFoundIndicators(filters.values);
  const onMark = useMarking();
  useListKeys();
  if (list.error) return <FailedState what="Indicators" error={list.error} retry={list.retry} />;
  if (!list.rows) return <LoadingRows label="Loading indicators" />;
  const more = list.hasMore && (
    <Center py="sm">
      <Button variant="default" size="xs" loading={list.loadingMore} onClick={list.loadMore}>
        {list.rows.length === 0 ? 'Look further' : 'Load more'}
      </Button>
    </Center>
  );
  if (list.rows.length === 0) {
    return (
      <>
        <EmptyState
          icon={<IconRadar2 size={32} />}
          title={filters.active ? 'Nothing found' : 'No indicators yet'}
        >
          {list.hasMore
            ? 'Nothing among the newest indicators. There are more to look through.'
            : filters.active
              ? 'No message has an indicator like this.'
              : 'They appear here as soon as messages have been examined.'}
        </EmptyState>
        {more}
      </>
    );
  }
  return (
    <div data-stale={list.stale || undefined}>
      <Group justify="space-between" mb={4}>
        <Text size="xs" c="dimmed">
          {list.rows.length}
          {list.hasMore && '+'} found
        </Text>
        <CopyAll rows={list.rows} />
      </Group>
      <ul className={classes.rows} aria-label="Indicators" data-indicators>
        {list.rows.map((row) => (
          <IndicatorRow key={rowKey(row)} row={row} other={false} withKind onMark={onMark} />
        ))}
      </ul>
      {more}
    </div>
  );
}
