// Shown when a page breaks or is not there.
import { Button, Group } from '@mantine/core';
import { IconMapOff, IconMoodSad } from '@tabler/icons-react';
import { Link, useRouteError } from 'react-router';
import { asProblem } from '../api/problem';
import { EmptyState } from '../shared/states';

export function NotFoundPage() {
  return (
    <EmptyState icon={<IconMapOff size={32} />} title="There is no such page" wholePage>
      <Button component={Link} to="/inbox" variant="default" mt="sm">
        Go to the inbox
      </Button>
    </EmptyState>
  );
}

export function BrokenPage() {
  const error = useRouteError();
  const reason =
    error instanceof Error && error.name !== 'Problem' ? error.message : asProblem(error).message;
  return (
    <EmptyState icon={<IconMoodSad size={32} />} title="This page failed" wholePage>
      {reason}
      <Group justify="center" mt="sm">
        <Button variant="default" onClick={() => window.location.reload()}>
          Reload
        </Button>
        <Button component="a" href="/inbox" variant="default">
          Go to the inbox
        </Button>
      </Group>
    </EmptyState>
  );
}
