// The facts of a case, changed where they stand.
import { Group, Pill, Select, SimpleGrid, Stack, TagsInput, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { CaseDetail, CaseStatus, Severity } from '../api/types';
import { SeverityBadge, StatusBadge, Tags } from '../shared/badges';
import { CopyButton } from '../shared/CopyButton';
import { Time } from '../shared/Time';
import classes from './CasePage.module.css';
import { SEVERITIES, STATUSES, usePeople, useUpdateCase } from './cases';

/** Unlike what the library does: for the keyboard and for screen readers, too. */
const REACHABLE = { 'aria-hidden': false, tabIndex: 0 } as const;

type CaseOverviewProps = { detail: CaseDetail; editable: boolean };

export function CaseOverview({ detail, editable }: CaseOverviewProps) {
  const { summary } = detail;
  return (
    <aside className={classes.overview} aria-label="Overview">
      <SimpleGrid cols={{ base: 2, md: 1 }} spacing="xs" verticalSpacing="xs">
        {editable ? <EditableFacts detail={detail} /> : <PlainFacts detail={detail} />}
        <Fact label="Access list">{summary.acl}</Fact>
        <Fact label="Created">
          <Time at={summary.created_at} />
        </Fact>
        <Fact label="Updated">
          <Time at={summary.updated_at} />
        </Fact>
        <Fact label="Token for answers">
          <Group gap={4} wrap="nowrap">
            <span className="mono breakable">{detail.subject_token}</span>
            <CopyButton value={detail.subject_token} label="Copy the token: put it into a subject" />
          </Group>
        </Fact>
      </SimpleGrid>
    </aside>
  );
}

function EditableFacts({ detail: { summary } }: { detail: CaseDetail }) {
  const update = useUpdateCase(summary.id);
  const people = usePeople();
  const owners = people.map((person) => ({ value: person.id, label: person.display_name }));
  const known = !summary.owner || owners.some(({ value }) => value === summary.owner?.id);
  if (!known && summary.owner) owners.push({ value: summary.owner.id, label: summary.owner.display_name });
  return (
    <>
      <Select
        label="Status"
        size="sm"
        data={STATUSES}
        value={summary.status}
        allowDeselect={false}
        disabled={update.isPending}
        onChange={(status) => status && update.mutate({ status: status as CaseStatus })}
      />
      <Select
        label="Severity"
        data={SEVERITIES}
        value={summary.severity}
        allowDeselect={false}
        disabled={update.isPending}
        onChange={(severity) => severity && update.mutate({ severity: severity as Severity })}
      />
      <Select
        label="Owner"
        placeholder="Nobody"
        data={owners}
        value={summary.owner?.id ?? null}
        clearable
        clearButtonProps={{ ...REACHABLE, 'aria-label': 'Take the owner away' }}
        searchable
        disabled={update.isPending}
        onChange={(owner) => update.mutate({ owner })}
      />
      <EditableTags tags={summary.tags} onSave={(tags) => update.mutate({ tags })} />
    </>
  );
}

/** Saved when the field is left, so that several tags are one change. */
function EditableTags({ tags, onSave }: { tags: string[]; onSave: (tags: string[]) => void }) {
  const [edited, setEdited] = useState(tags);
  const [typed, setTyped] = useState('');
  useEffect(() => setEdited(tags), [tags]);
  const save = (next: string[]) => {
    if (next.join('\n') !== tags.join('\n')) onSave(next);
  };
  const leave = () => {
    const last = typed.trim();
    const known = edited.some((tag) => tag.toLowerCase() === last.toLowerCase());
    const next = last && !known ? [...edited, last] : edited;
    setTyped('');
    setEdited(next);
    save(next);
  };
  return (
    <TagsInput
      label="Tags"
      placeholder={edited.length === 0 ? 'Enter adds a tag' : ''}
      value={edited}
      maxLength={64}
      onChange={setEdited}
      searchValue={typed}
      onSearchChange={setTyped}
      // Left to the field, it would be added after the tags were saved.
      acceptValueOnBlur={false}
      onBlur={leave}
      onRemove={(removed) => save(edited.filter((tag) => tag !== removed))}
      renderPill={({ value, onRemove, disabled }) => (
        <Pill
          withRemoveButton={!disabled}
          onRemove={onRemove}
          removeButtonProps={{ ...REACHABLE, 'aria-label': `Take ${value} away` }}
        >
          {value}
        </Pill>
      )}
    />
  );
}

function PlainFacts({ detail: { summary } }: { detail: CaseDetail }) {
  return (
    <>
      <Fact label="Status">
        <StatusBadge status={summary.status} />
      </Fact>
      <Fact label="Severity">
        <SeverityBadge severity={summary.severity} />
      </Fact>
      <Fact label="Owner">{summary.owner?.display_name ?? 'Nobody'}</Fact>
      <Fact label="Tags">{summary.tags.length > 0 ? <Tags tags={summary.tags} /> : '–'}</Fact>
    </>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <Stack gap={2} style={{ minWidth: 0 }}>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="sm" component="div" className="breakable">
        {children}
      </Text>
    </Stack>
  );
}
