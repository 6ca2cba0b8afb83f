// Signing in, also after a session has ended.
import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import { answer, api } from '../api/client';
import { FormError } from '../shared/FormError';
import { showFieldErrors } from '../shared/formErrors';
import { useAction } from '../shared/useAction';
import { EntryFrame } from './EntryFrame';
import { safeReturnPath } from './returnPath';
import { sessionQuery, useEnter } from './session';

export default function SignInPage() {
  const [params] = useSearchParams();
  const next = safeReturnPath(params.get('next'));
  const session = useQuery(sessionQuery);
  const enter = useEnter();
  const [failure, setFailure] = useState<string | null>(null);
  const form = useForm({
    initialValues: { username: '', password: '' },
    validate: {
      username: (value) => (value.trim() ? null : 'Enter your user name'),
      password: (value) => (value ? null : 'Enter your password'),
    },
  });
  const signIn = useAction({
    run: (body: { username: string; password: string }) => answer(api.POST('/session', { body })),
    failed: 'You were not signed in',
    quietFailure: true,
    onDone: (me) => enter(me, next),
  });
  if (session.data) return <Navigate to={next} replace />;
  const submit = form.onSubmit((values) => {
    setFailure(null);
    signIn.mutate(values, { onError: (error) => setFailure(showFieldErrors(form, error)) });
  });
  const returning = params.has('next') && next !== '/inbox';
  return (
    <EntryFrame title="Sign in" intro={returning ? 'Sign in to go on where you were.' : undefined}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <FormError message={failure} />
          <TextInput
            label="User name"
            autoComplete="username"
            autoFocus
            autoCapitalize="none"
            {...form.getInputProps('username')}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            {...form.getInputProps('password')}
          />
          <Button type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
        </Stack>
      </form>
    </EntryFrame>
  );
}
