// The first set-up: the one-time link of the server's log makes the organization and its administrator.
import { Anchor, Button, Code, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { answer, api } from '../api/client';
import { FormError } from '../shared/FormError';
import { showFieldErrors } from '../shared/formErrors';
import { FailedState, LoadingRows } from '../shared/states';
import { useAction } from '../shared/useAction';
import { EntryFrame } from './EntryFrame';
import { useEnter, useSetupNeeded } from './session';

const PASSWORD_MIN = 12;

export default function SetupPage() {
  const [params] = useSearchParams();
  const token = params.get('token');
  const setup = useSetupNeeded(true);
  if (setup.isPending) {
    return (
      <EntryFrame title="Set up Mailcase">
        <LoadingRows rows={4} />
      </EntryFrame>
    );
  }
  if (setup.isError) {
    return (
      <EntryFrame title="Set up Mailcase">
        <FailedState what="The state of the set-up" error={setup.error} retry={() => void setup.refetch()} />
      </EntryFrame>
    );
  }
  if (!setup.data.needed) {
    return (
      <EntryFrame title="Set-up is done" intro="Mailcase is already set up. A set-up link works only once.">
        <Anchor component={Link} to="/sign-in">
          Go to sign in
        </Anchor>
      </EntryFrame>
    );
  }
  if (!token) {
    return (
      <EntryFrame title="Set up Mailcase">
        <Text size="sm">
          Open the one-time link that <Code>mailcase serve</Code> printed when it started. It looks like{' '}
          <Code>/setup?token=…</Code>. Starting the server again prints a new one.
        </Text>
      </EntryFrame>
    );
  }
  return <SetupForm token={token} />;
}

function SetupForm({ token }: { token: string }) {
  const enter = useEnter();
  const [failure, setFailure] = useState<string | null>(null);
  const form = useForm({
    initialValues: { organization: '', display_name: '', username: '', password: '', again: '' },
    validate: {
      organization: (value) => (value.trim() ? null : 'Name your organization'),
      display_name: (value) => (value.trim() ? null : 'Enter your name'),
      username: (value) => (value.trim() ? null : 'Choose a user name'),
      password: (value) => (value.length >= PASSWORD_MIN ? null : `Use at least ${PASSWORD_MIN} characters`),
      again: (value, values) => (value === values.password ? null : 'The passwords differ'),
    },
  });
  const complete = useAction({
    run: ({ again: _, ...values }: typeof form.values) =>
      answer(api.POST('/setup', { body: { token, ...values } })),
    failed: 'The set-up failed',
    quietFailure: true,
    onDone: (me) => enter(me, '/settings/connectors'),
  });
  const submit = form.onSubmit((values) => {
    setFailure(null);
    complete.mutate(values, { onError: (error) => setFailure(showFieldErrors(form, error)) });
  });
  return (
    <EntryFrame
      title="Set up Mailcase"
      intro="Name your organization and make the first administrator. Everybody else is added later in the settings."
    >
      <form onSubmit={submit} noValidate>
        <Stack>
          <FormError message={failure} />
          <TextInput
            label="Organization"
            autoFocus
            autoComplete="organization"
            {...form.getInputProps('organization')}
          />
          <TextInput label="Your name" autoComplete="name" {...form.getInputProps('display_name')} />
          <TextInput
            label="User name"
            autoComplete="username"
            autoCapitalize="none"
            {...form.getInputProps('username')}
          />
          <PasswordInput
            label="Password"
            description={`At least ${PASSWORD_MIN} characters`}
            autoComplete="new-password"
            {...form.getInputProps('password')}
          />
          <PasswordInput
            label="Password again"
            autoComplete="new-password"
            {...form.getInputProps('again')}
          />
          <Button type="submit" loading={complete.isPending}>
            Create organization
          </Button>
        </Stack>
      </form>
    </EntryFrame>
  );
}
