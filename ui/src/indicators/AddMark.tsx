// Adds a domain that is harmless, or a network that is harmless or the organization's own.
import { Anchor, Button, Group, SegmentedControl, Select, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link } from 'react-router';
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
  // Own domains are said elsewhere, once.
  const meant = ({ mark, ...rest }: typeof form.values) => ({
    ...rest,
    mark: network ? mark : ('benign' as const),
  });
  return (
    <Panel title="Add to the list">
      <form
        onSubmit={form.onSubmit((values) =>
          set.mutate(meant(values), {
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
          {network && (
            <SegmentedControl aria-label="Mark" data={MARKS} size="xs" {...form.getInputProps('mark')} />
          )}
          <Button type="submit" loading={set.isPending}>
            {network ? 'Add' : 'Add as benign'}
          </Button>
        </Group>
        {!network && (
          <Text size="sm" c="dimmed" mt="xs">
            Your own domains are named in{' '}
            <Anchor component={Link} to="/settings/own-domains" size="sm" underline="always">
              Own domains
            </Anchor>
            ; whatever is at or below them counts as own.
          </Text>
        )}
      </form>
    </Panel>
  );
}
