// The signed-in user's own things: who they are, API tokens, sessions.
import { Stack, Text, Title } from '@mantine/core';
import { useMe } from '../session/session';
import { PageHeader } from '../shared/PageHeader';
import { roleLabel } from './roles';
import { Sessions } from './Sessions';
import { Tokens } from './Tokens';

export default function AccountPage() {
  const { user, organization } = useMe();
  return (
    <>
      <PageHeader
        title="My account"
        description={`${user.display_name} (${user.username}) · ${roleLabel(user.role)} · ${organization.name}`}
      />
      <Stack gap="xl" mt="md">
        <Tokens />
        <section>
          <Title order={2}>Sessions</Title>
          <Text size="sm" c="dimmed" mb="xs">
            Where you are signed in.
          </Text>
          <Sessions />
        </section>
      </Stack>
    </>
  );
}
