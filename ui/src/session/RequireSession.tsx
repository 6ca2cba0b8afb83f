// Lets only the signed-in pass; everybody else goes to sign in and comes back afterwards.
import { Center, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';
import { FailedState } from '../shared/states';
import { EntryFrame } from './EntryFrame';
import { sessionQuery, useSetupNeeded } from './session';

export function RequireSession({ children }: { children: ReactNode }) {
  const session = useQuery(sessionQuery);
  const location = useLocation();
  const signedOut = session.data === null;
  const setup = useSetupNeeded(signedOut);
  if (session.data) return children;
  if (session.isError) {
    return (
      <EntryFrame title="Mailcase">
        <FailedState what="Your session" error={session.error} retry={() => void session.refetch()} />
      </EntryFrame>
    );
  }
  if (signedOut && !setup.isPending) {
    if (setup.data?.needed) return <Navigate to="/setup" replace />;
    const next = `${location.pathname}${location.search}`;
    const query = next === '/' ? '' : `?next=${encodeURIComponent(next)}`;
    return <Navigate to={`/sign-in${query}`} replace />;
  }
  return (
    <Center h="100vh">
      <Loader size="sm" aria-label="Loading" />
    </Center>
  );
}
