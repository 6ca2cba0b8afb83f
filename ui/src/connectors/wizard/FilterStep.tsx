// Which of the messages are taken at all: the pre-filter, and what it would have done to recent mail.
import { ActionIcon, Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import type { ConnectorKind, Prefilter } from '../../api/types';
import { FILTER_FIELDS } from '../filters';
import { FilterPreview } from './FilterPreview';
import classes from './FilterStep.module.css';
import type { StepProps } from './steps';

type FilterStepProps = StepProps & { kind: ConnectorKind; ready: boolean };

export function FilterStep({ draft, change, errors, kind, ready }: FilterStepProps) {
  const filter = draft.settings.prefilter;
  const set = (patch: Partial<Prefilter>) =>
    change({ ...draft, settings: { ...draft.settings, prefilter: { ...filter, ...patch } } });
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        Only messages that meet every field are taken; the others stay untouched on the server. A comma
        separates alternatives, quotes keep one within a term. Senders and recipients are addresses or whole
        domains.
      </Text>
      <Stack gap="xs">
        {FILTER_FIELDS.map(({ has, not, label, notLabel }) => (
          <SimpleGrid key={has} cols={{ base: 1, sm: 2 }} spacing="sm" verticalSpacing="xs">
            {([has, not] as const).map((name) => (
              <TextInput
                key={name}
                label={name === has ? label : notLabel}
                placeholder={has === 'from' ? 'ann@example.org, example.com' : undefined}
                value={filter[name]}
                onChange={(event) => set({ [name]: event.currentTarget.value })}
                error={errors[`prefilter.${name}`]}
                autoComplete="off"
                spellCheck={false}
              />
            ))}
          </SimpleGrid>
        ))}
      </Stack>
      <HeaderConditions headers={filter.headers} onChange={(headers) => set({ headers })} errors={errors} />
      <FilterPreview draft={draft} kind={kind} ready={ready} />
    </Stack>
  );
}

type HeaderConditionsProps = {
  headers: Prefilter['headers'];
  onChange: (headers: Prefilter['headers']) => void;
  errors: StepProps['errors'];
};

function HeaderConditions({ headers, onChange, errors }: HeaderConditionsProps) {
  const patch = (index: number, change: Partial<Prefilter['headers'][number]>) =>
    onChange(headers.map((header, at) => (at === index ? { ...header, ...change } : header)));
  return (
    <Stack gap="xs" role="group" aria-label="Headers">
      {headers.map((header, index) => (
        // A condition has no name of its own: its place is its identity.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <div key={index} className={classes.header}>
          <TextInput
            aria-label={`Header ${index + 1}`}
            placeholder="X-Spam-Flag"
            value={header.field}
            onChange={(event) => patch(index, { field: event.currentTarget.value })}
            error={errors[`prefilter.headers.${index}.field`]}
            autoComplete="off"
            spellCheck={false}
          />
          <Select
            className={classes.relation}
            aria-label={`What header ${index + 1} must do`}
            data={[
              { value: 'has', label: 'contains' },
              { value: 'not', label: 'does not contain' },
            ]}
            value={header.not ? 'not' : 'has'}
            allowDeselect={false}
            onChange={(value) => patch(index, { not: value === 'not' })}
          />
          <TextInput
            className={classes.text}
            aria-label={`Text of header ${index + 1}`}
            placeholder="anything"
            value={header.value ?? ''}
            onChange={(event) => patch(index, { value: event.currentTarget.value })}
            error={errors[`prefilter.headers.${index}.value`]}
            autoComplete="off"
            spellCheck={false}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            className={classes.remove}
            aria-label={`Remove header ${index + 1}`}
            onClick={() => onChange(headers.filter((_, at) => at !== index))}
          >
            <IconX size={16} />
          </ActionIcon>
        </div>
      ))}
      <Group>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...headers, { field: '', value: '', not: false }])}
        >
          Add a header
        </Button>
      </Group>
    </Stack>
  );
}
