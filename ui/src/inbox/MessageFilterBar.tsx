// What narrows the inbox down.
import { Button, Group, Pill } from '@mantine/core';
import type { ReactNode } from 'react';
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

type Filters = UrlFilters<(typeof MESSAGE_FILTERS)[number]>;
type MessageFilterBarProps = { filters: Filters; narrow?: boolean };

export function MessageFilterBar({ filters, narrow }: MessageFilterBarProps) {
  const { values, set } = filters;
  const connectors = useConnectorNames();
  const seen = readIndicator(values.indicator);
  const indicator = seen && (
    <Chosen anything="Any indicator" onRemove={() => set('indicator', null)}>
      with {KIND_WORDS[seen.kind].one} {defangText(seen.value)}
    </Chosen>
  );
  const clear = filters.active && (
    <Button variant="subtle" color="gray" size={narrow ? 'compact-xs' : 'xs'} onClick={filters.clear}>
      Clear
    </Button>
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
      <Group p="xs" gap={6}>
        {search}
        {chosenOf(filters, connectors)}
        {indicator}
        {clear}
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
      {clear}
    </Group>
  );
}

/** Where there is no room for choosing: what was chosen, to be taken away. */
function chosenOf({ values, set }: Filters, connectors: Choice[]): ReactNode[] {
  const chosen: [name: keyof typeof values, text: string | undefined, anything: string][] = [
    ['state', labelOf(STATES, values.state), 'Any state'],
    ['connector', values.connector && `by ${labelOf(connectors, values.connector) ?? '…'}`, 'Any connector'],
    ['in_case', labelOf(IN_CASE, values.in_case), 'With or without a case'],
    ['automatic', labelOf(AUTOMATIC, values.automatic), 'Written by anybody'],
  ];
  return chosen.map(
    ([name, text, anything]) =>
      text && (
        <Chosen key={name} anything={anything} onRemove={() => set(name, null)}>
          {text}
        </Chosen>
      ),
  );
}

type Choice = { value: string; label: string };

function labelOf(choices: Choice[], value: string | undefined): string | undefined {
  return choices.find((choice) => choice.value === value)?.label;
}

type ChosenProps = { anything: string; onRemove: () => void; children: ReactNode };

/** A filter that is on; its button says what is shown without it. */
function Chosen({ anything, onRemove, children }: ChosenProps) {
  return (
    <Pill
      withRemoveButton
      onRemove={onRemove}
      removeButtonProps={{ 'aria-label': anything, 'aria-hidden': false, tabIndex: 0 }}
      maw="100%"
    >
      {children}
    </Pill>
  );
}
