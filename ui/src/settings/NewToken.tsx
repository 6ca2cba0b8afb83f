// Makes a token and shows it this one time.
import {
  Alert,
  Button,
  Checkbox,
  Code,
  CopyButton,
  Group,
  Modal,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import type { CreatedToken, Permission } from '../api/types';
import { useMe } from '../session/session';
import { FormError } from '../shared/FormError';
import { showFieldErrors } from '../shared/formErrors';
import { useAction } from '../shared/useAction';
import { PERMISSION_WORDS } from './roles';

const LIFETIMES = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
];

export function NewToken({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [created, setCreated] = useState<CreatedToken | null>(null);
  const close = () => {
    setCreated(null);
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={<Text fw={600}>{created ? 'Copy the token now' : 'New token'}</Text>}
      closeOnClickOutside={!created}
    >
      {created ? (
        <ShownOnce created={created} onClose={close} />
      ) : (
        <Form onCreated={setCreated} onClose={close} />
      )}
    </Modal>
  );
}

function ShownOnce({ created, onClose }: { created: CreatedToken; onClose: () => void }) {
  return (
    <Stack>
      <Alert color="orange">It is shown only this once. Keep it like a password.</Alert>
      <Code block className="breakable" aria-label="Token">
        {created.token}
      </Code>
      <Group justify="flex-end">
        <CopyButton value={created.token}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
              onClick={copy}
            >
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  );
}

type Values = { name: string; permissions: Permission[]; days: string };

function Form({ onCreated, onClose }: { onCreated: (created: CreatedToken) => void; onClose: () => void }) {
  const { permissions } = useMe();
  const [failure, setFailure] = useState<string | null>(null);
  const form = useForm<Values>({
    initialValues: {
      name: '',
      permissions: permissions.includes('read_desk') ? ['read_desk'] : [],
      days: '90',
    },
    validate: {
      name: (value) => (value.trim() ? null : 'Say what the token is for'),
      permissions: (value) => (value.length > 0 ? null : 'Choose at least one permission'),
    },
  });
  const create = useAction({
    run: ({ days, ...values }: Values) =>
      answer(api.POST('/tokens', { body: { ...values, expires_in_days: Number(days) } })),
    failed: 'The token was not made',
    quietFailure: true,
    stale: () => [[...keys.tokens]],
    onDone: onCreated,
  });
  const submit = form.onSubmit((values) => {
    setFailure(null);
    create.mutate(values, { onError: (error) => setFailure(showFieldErrors(form, error)) });
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormError message={failure} />
        <TextInput label="Name" placeholder="Nightly export" data-autofocus {...form.getInputProps('name')} />
        <Checkbox.Group label="It may" {...form.getInputProps('permissions')}>
          <Stack gap={6} mt={4}>
            {permissions.map((permission) => (
              <Checkbox key={permission} value={permission} label={PERMISSION_WORDS[permission]} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Select
          label="Expires after"
          data={LIFETIMES}
          allowDeselect={false}
          {...form.getInputProps('days')}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending}>
            Make token
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
