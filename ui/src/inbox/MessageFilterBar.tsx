// What narrows the inbox down.
import { Button, Group, Pill } from '@mantine/core';
import { useConnectorNames } from '../connectors/connectors';
import { readIndicator } from '../indicators/indicators';
import { defangText, KIND_WORDS } from '../indicators/indicatorWords';
import { FilterSelect } from '../shared/list/FilterSelect';
import { SearchBox } from '../shared/list/SearchBox';
import type { UrlFilters } from '../shared/useUrlFilters';
import { type MESSAGE_FILTERS, NEEDS_KEY } from './messages';

const STATES = [
  { value: 'stored', label: 'Stored' },
  { value: 'decided', label: 'Decided' },
  { value: 'needs_attention', label: 'Needs attention' },
  { value: NEEDS_KEY, label: 'Needs key' },
];
const IN_CASE = [
  { value: 'yes', label: 'In a case' },
  { value: 'no', label: 'Without a case' },
];
const AUTOMATIC = [
  { value: 'yes', label: 'Written by machines' },
  { value: 'no', label: 'Written by people' },
];
const REMOVE = { 'aria-label': 'Any indicator', 'aria-hidden': false, tabIndex: 0 } as const;

type MessageFilterBarProps = { filters: UrlFilters<(typeof MESSAGE_FILTERS)[number]>; narrow?: boolean };

export function MessageFilterBar({ filters, narrow }: MessageFilterBarProps) {
  const { values, set } = filters;
  const connectors = useConnectorNames();
  const seen = readIndicator(values.indicator);
  const indicator = seen && (
    <Pill withRemoveButton onRemove={() => set('indicator', null)} removeButtonProps={REMOVE} maw="100%">
      with {KIND_WORDS[seen.kind].one} {defangText(seen.value)}
    </Pill>
  );
  const search = (
    <SearchBox
      value={values.q ?? ''}
      onSearch={(text) => set('q', text)}
      placeholder="Search subject, people, text, files"
    />
  );
  if (narrow) {
    return (
      <Group p="xs" gap="xs">
        {search}
        {indicator}
      </Group>
    );
  }
  return (
    <Group gap="xs" mb="sm">
      {search}
      <FilterSelect
        label="State"
        value={values.state}
        onChange={(value) => set('state', value)}
        data={STATES}
      />
      <FilterSelect
        label="Connector"
        value={values.connector}
        onChange={(value) => set('connector', value)}
        data={connectors}
        width={170}
        searchable
      />
      <FilterSelect
        label="Case"
        value={values.in_case}
        onChange={(value) => set('in_case', value)}
        data={IN_CASE}
      />
      <FilterSelect
        label="Written by"
        value={values.automatic}
        onChange={(value) => set('automatic', value)}
        data={AUTOMATIC}
        width={170}
      />
      {indicator}
      {filters.active && (
        <Button variant="subtle" color="gray" size="xs" onClick={filters.clear}>
          Clear
        </Button>
      )}
    </Group>
  );
}
