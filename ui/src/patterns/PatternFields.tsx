// The fields of a pattern.
import {
  Button,
  Checkbox,
  Group,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { KIND_WORDS, KINDS } from '../indicators/indicatorWords';
import { FormError } from '../shared/FormError';
import { type PatternValues, PLACES } from './patternWords';

type PatternFieldsProps = {
  form: UseFormReturnType<PatternValues>;
  failure: string | null;
  saving: boolean;
  mayManage: boolean;
  onCancel: () => void;
};

export function PatternFields({ form, failure, saving, mayManage, onCancel }: PatternFieldsProps) {
  return (
    <Stack>
      <FormError message={failure} />
      <TextInput label="Name" autoComplete="off" {...form.getInputProps('name')} />
      <Textarea
        label="Expression"
        description="No look-around or references to groups. ^ and $ match at every line. A group (?<value>…), else the first group, is what is taken."
        autosize
        minRows={2}
        spellCheck={false}
        autoCapitalize="none"
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        {...form.getInputProps('expression')}
      />
      <Checkbox
        label="Upper and lower case are the same"
        {...form.getInputProps('ignore_case', { type: 'checkbox' })}
      />
      <Checkbox.Group label="Looks at" {...form.getInputProps('looks_at')}>
        <Stack gap={6} mt={6}>
          {PLACES.map(({ value, label, hint }) => (
            <Checkbox key={value} value={value} label={label} description={hint} />
          ))}
        </Stack>
      </Checkbox.Group>
      <Becomes form={form} />
      <Switch
        label="Run over new mail"
        description="Stored mail is looked at when it is examined again, in Settings, Re-examination."
        {...form.getInputProps('active', { type: 'checkbox' })}
      />
      {mayManage && (
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={saving}>
            Save
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Becomes({ form }: { form: UseFormReturnType<PatternValues> }) {
  return (
    <Stack gap={6}>
      <Text size="sm" fw={500} id="pattern-gives">
        What it finds becomes
      </Text>
      <SegmentedControl
        aria-labelledby="pattern-gives"
        data={[
          { value: 'field', label: 'Value of a field' },
          { value: 'indicator', label: 'Indicator' },
        ]}
        {...form.getInputProps('as')}
      />
      {form.values.as === 'indicator' ? (
        <Select
          label="Kind of indicator"
          description="Values that are none of this kind are left out."
          data={KINDS.map((kind) => ({ value: kind, label: KIND_WORDS[kind].one }))}
          allowDeselect={false}
          searchable
          {...form.getInputProps('kind')}
        />
      ) : (
        <TextInput label="Field" autoComplete="off" {...form.getInputProps('gives')} />
      )}
    </Stack>
  );
}
