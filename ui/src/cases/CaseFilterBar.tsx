// What narrows the list of cases down.
import { Button, Group } from '@mantine/core';
import { useMe } from '../session/session';
import { FilterSelect } from '../shared/list/FilterSelect';
import { SearchBox } from '../shared/list/SearchBox';
import { TagFilter } from '../shared/list/TagFilter';
import type { UrlFilters } from '../shared/useUrlFilters';
import { type CASE_FILTERS, SEVERITIES, STATUSES, UNRESOLVED, usePeople } from './cases';

export function CaseFilterBar({ filters }: { filters: UrlFilters<(typeof CASE_FILTERS)[number]> }) {
  const { values, set } = filters;
  return (
    <Group gap="xs" mb="sm">
      <SearchBox
        value={values.q ?? ''}
        onSearch={(text) => set('q', text)}
        placeholder="Search titles, or a number"
      />
      <FilterSelect
        label="Status"
        value={values.status}
        onChange={(value) => set('status', value)}
        data={[{ value: UNRESOLVED, label: 'Not resolved' }, ...STATUSES]}
        width={140}
      />
      <FilterSelect
        label="Severity"
        value={values.severity}
        onChange={(value) => set('severity', value)}
        data={SEVERITIES}
        width={120}
      />
      <FilterSelect
        label="Owner"
        value={values.owner}
        onChange={(value) => set('owner', value)}
        data={useOwnerChoices()}
        width={150}
        searchable
      />
      <TagFilter value={values.tag} onChange={(value) => set('tag', value)} />
      {filters.active && (
        <Button variant="subtle" color="gray" size="xs" onClick={filters.clear}>
          Clear
        </Button>
      )}
    </Group>
  );
}

function useOwnerChoices() {
  const me = useMe();
  const others = usePeople().filter((person) => person.id !== me.user.id);
  return [
    { value: me.user.id, label: 'Me' },
    { value: 'none', label: 'Nobody' },
    ...others.map((person) => ({ value: person.id, label: person.display_name })),
  ];
}
