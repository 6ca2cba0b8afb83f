// Where the provider of a mailbox sends the browser back to: hands its answer over, and goes on to the connector.
import { Anchor, Center, Loader, Stack, Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { asProblem } from '../api/problem';
import { FormError } from '../shared/FormError';
import { PageHeader } from '../shared/PageHeader';
import { useCompleteGrant } from './connectors';

export default function EmailOauthPage() {
  const [answer] = useSearchParams();
  const navigate = useNavigate();
  const complete = useCompleteGrant((connector) =>
    navigate(`/settings/connectors/${connector}`, { replace: true }),
  );
  const state = answer.get('state');
  // The answer counts once.
  const handedOver = useRef(false);
  const { mutate } = complete;
  useEffect(() => {
    if (handedOver.current || !state) return;
    handedOver.current = true;
    mutate({
      state,
      code: answer.get('code'),
      error: answer.get('error'),
      error_description: answer.get('error_description'),
    });
  }, [answer, mutate, state]);
  const failure = state
    ? complete.error && asProblem(complete.error).message
    : 'The provider sent nothing back. Begin again at the connector, with Grant access.';
  if (!failure) {
    return (
      <Center h="50vh">
        <Stack align="center" gap="sm" role="status">
          <Loader size="sm" />
          <Text size="sm">Asking the provider for access…</Text>
        </Stack>
      </Center>
    );
  }
  return (
    <>
      <PageHeader title="Access was not granted" />
      <Stack gap="sm" maw={640}>
        <FormError message={failure} />
        <Anchor component={Link} to="/settings/connectors" size="sm">
          Go to the connectors
        </Anchor>
      </Stack>
    </>
  );
}
