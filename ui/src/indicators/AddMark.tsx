// Adds a domain or network that is the organization's own, or harmless.
import { Button, Group, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { asProblem } from '../api/problem';
import type { Judgement, MarkScope } from '../api/types';
import { Panel } from '../shared/Panel';
import { toastDone } from '../shared/toast';
import { useSetMark } from './indicators';

const REACHES = [
  { value: 'below', label: 'Domain and below' },
  { value: 'network', label: 'Network or address' },
];
const MARKS = [
  { value: 'own', label: 'Own' },
  { value: 'benign', label: 'Benign' },
];

export function AddMark() {
  const form = useForm({
    initialValues: { scope: 'below' as MarkScope, value: '', mark: 'own' as Judgement, note: '' },
    validate: { value: (value) => (value.trim() ? null : 'Write a domain or a network') },
  });
  const added = () => {
    toastDone(`${form.values.value.trim()} was added`);
    form.setFieldValue('value', '');
    form.setFieldValue('note', '');
  };
  const set = useSetMark({ onDone: added, quietFailure: true });
  const network = form.values.scope === 'network';
  return (
    <Panel title="Add to the list">
      <form
        onSubmit={form.onSubmit((values) =>
          set.mutate(values, {
            onError: (error) => form.setFieldError('value', asProblem(error).message),
          }),
        )}
      >
        <Group gap="xs" align="flex-start">
          <Select
            aria-label="What it reaches"
            data={REACHES}
            allowDeselect={false}
            w={{ base: '100%', sm: 190 }}
            {...form.getInputProps('scope')}
          />
          <TextInput
            aria-label={network ? 'Network' : 'Domain'}
            placeholder={network ? '192.0.2.0/24' : 'example.com'}
            maxLength={255}
            flex="1 1 200px"
            {...form.getInputProps('value')}
          />
          <TextInput
            aria-label="Note"
            placeholder="Note"
            maxLength={1000}
            flex="1 1 160px"
            {...form.getInputProps('note')}
          />
          <SegmentedControl aria-label="Mark" data={MARKS} size="xs" {...form.getInputProps('mark')} />
          <Button type="submit" loading={set.isPending}>
            Add
          </Button>
        </Group>
      </form>
    </Panel>
  );
}
