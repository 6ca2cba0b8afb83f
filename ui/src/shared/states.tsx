// What is shown instead of content: nothing there, failed, on its way.
import { Alert, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { asProblem } from '../api/problem';

export function EmptyState({
  icon,
  title,
  wholePage,
  children,
}: {
  icon?: ReactNode;
  title: string;
  /** Nothing else is on the page: the title is its heading. */
  wholePage?: boolean;
  children?: ReactNode;
}) {
  return (
    <Stack align="center" gap={6} py={56} px="md">
      <Text c="dimmed" lh={0}>
        {icon}
      </Text>
      {wholePage ? <Title order={1}>{title}</Title> : <Text fw={600}>{title}</Text>}
      <Text size="sm" c="dimmed" ta="center" maw={460} component="div">
        {children}
      </Text>
    </Stack>
  );
}

export function FailedState({ what, error, retry }: { what: string; error: unknown; retry?: () => void }) {
  const problem = asProblem(error);
  return (
    <Alert
      color="red"
      icon={<IconAlertTriangle />}
      title={`${what} could not be loaded`}
      my="md"
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{problem.message}</Text>
        {problem.requestId && (
          <Text size="xs" c="dimmed">
            Request {problem.requestId}
          </Text>
        )}
        {retry && (
          <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** Grey bars where rows will be. */
export function LoadingRows({ rows = 8, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <Stack gap={10} py="sm" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars have no identity
        <Group key={row} wrap="nowrap" gap="md">
          <Skeleton height={12} width="12%" />
          <Skeleton height={12} width={`${50 - ((row * 7) % 20)}%`} />
          <Skeleton height={12} width="20%" />
        </Group>
      ))}
    </Stack>
  );
}
