// A new user, or changes to one.
import { Button, Group, Modal, PasswordInput, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import type { Role, UserView } from '../api/types';
import { useMe } from '../session/session';
import { FormError } from '../shared/FormError';
import { showFieldErrors } from '../shared/formErrors';
import { useAction } from '../shared/useAction';
import { ROLES } from './roles';

const PASSWORD_MIN = 12;

type Values = { username: string; display_name: string; role: Role; password: string; disabled: boolean };

export function UserForm({ user, onClose }: { user: UserView | 'new' | null; onClose: () => void }) {
  const title = user === 'new' ? 'New user' : (user?.display_name ?? '');
  return (
    <Modal opened={user !== null} onClose={onClose} title={<Text fw={600}>{title}</Text>}>
      {user && <Form user={user} onClose={onClose} />}
    </Modal>
  );
}

function Form({ user, onClose }: { user: UserView | 'new'; onClose: () => void }) {
  const existing = user === 'new' ? null : user;
  const me = useMe();
  const isMe = existing?.id === me.user.id;
  const [failure, setFailure] = useState<string | null>(null);
  const form = useForm<Values>({
    initialValues: {
      username: existing?.username ?? '',
      display_name: existing?.display_name ?? '',
      role: existing?.role ?? 'analyst',
      password: '',
      disabled: existing?.disabled ?? false,
    },
    validate: {
      username: (value) => (value.trim() ? null : 'Choose a user name'),
      display_name: (value) => (value.trim() ? null : 'Enter the name of the person'),
      password: (value) =>
        value.length >= PASSWORD_MIN || (existing && value === '')
          ? null
          : `Use at least ${PASSWORD_MIN} characters`,
    },
  });
  const save = useAction({
    run: ({ username, disabled, password, ...values }: Values) =>
      existing
        ? answer(
            api.PATCH('/users/{id}', {
              params: { path: { id: existing.id } },
              body: { ...values, disabled, ...(password ? { password } : {}) },
            }),
          )
        : answer(api.POST('/users', { body: { ...values, username, password } })),
    done: (saved) => `${saved.display_name} was saved`,
    failed: 'The user was not saved',
    quietFailure: true,
    stale: () => [[...keys.users], [...keys.people], ...(isMe ? [[...keys.session]] : [])],
    onDone: onClose,
  });
  const submit = form.onSubmit((values) => {
    setFailure(null);
    save.mutate(values, { onError: (error) => setFailure(showFieldErrors(form, error)) });
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormError message={failure} />
        <TextInput label="Name" data-autofocus {...form.getInputProps('display_name')} />
        <TextInput
          label="User name"
          readOnly={existing !== null}
          variant={existing ? 'filled' : 'default'}
          autoCapitalize="none"
          autoComplete="off"
          {...form.getInputProps('username')}
        />
        <Select
          label="Role"
          description={ROLES.find(({ value }) => value === form.values.role)?.description}
          data={ROLES}
          allowDeselect={false}
          {...form.getInputProps('role')}
        />
        <PasswordInput
          label={existing ? 'New password' : 'Password'}
          description={
            existing
              ? 'Left empty, the password stays. A new one ends the sessions of the user.'
              : 'At least 12 characters'
          }
          autoComplete="new-password"
          {...form.getInputProps('password')}
        />
        {existing && !isMe && (
          <Switch
            label="Disabled"
            description="Cannot sign in; sessions and tokens no longer work."
            {...form.getInputProps('disabled', { type: 'checkbox' })}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
