// A case made by hand.
import { Button, Group, Modal, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import type { Severity } from '../api/types';
import { FormError } from '../shared/FormError';
import { showFieldErrors } from '../shared/formErrors';
import { useAction } from '../shared/useAction';
import { SEVERITIES, usePeople } from './cases';
import { caseAddress } from './listInAddress';

type Values = { title: string; severity: Severity; owner: string | null; tags: string[] };

export function NewCase({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={<Text fw={600}>New case</Text>}>
      <NewCaseForm onClose={onClose} />
    </Modal>
  );
}

function NewCaseForm({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const people = usePeople();
  const [failure, setFailure] = useState<string | null>(null);
  const form = useForm<Values>({
    initialValues: { title: '', severity: 'medium', owner: null, tags: [] },
    validate: { title: (value) => (value.trim() ? null : 'Give the case a title') },
  });
  const create = useAction({
    run: (body: Values) => answer(api.POST('/cases', { body })),
    done: ({ summary }) => `Case #${summary.number} was made`,
    failed: 'The case was not made',
    quietFailure: true,
    stale: () => [keys.cases()],
    onDone: ({ summary }) => navigate(caseAddress(summary.id, params)),
  });
  const submit = form.onSubmit((values) => {
    setFailure(null);
    create.mutate(values, { onError: (error) => setFailure(showFieldErrors(form, error)) });
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormError message={failure} />
        <TextInput label="Title" data-autofocus {...form.getInputProps('title')} />
        <Group grow>
          <Select
            label="Severity"
            data={SEVERITIES}
            allowDeselect={false}
            {...form.getInputProps('severity')}
          />
          <Select
            label="Owner"
            placeholder="Nobody"
            clearable
            searchable
            data={people.map((person) => ({ value: person.id, label: person.display_name }))}
            {...form.getInputProps('owner')}
          />
        </Group>
        <TagsInput label="Tags" placeholder="Enter adds a tag" {...form.getInputProps('tags')} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending}>
            Make case
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
