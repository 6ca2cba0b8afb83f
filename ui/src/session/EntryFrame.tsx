// The quiet page around set-up and sign-in.
import { Center, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import classes from './EntryFrame.module.css';

export function EntryFrame({
  title,
  intro,
  children,
}: {
  title: string;
  intro?: ReactNode;
  children: ReactNode;
}) {
  useDocumentTitle(title === 'Mailcase' ? title : `${title} · Mailcase`);
  return (
    <Center component="main" className={classes.page} p="md">
      <Stack w="100%" maw={420} gap="lg">
        <Group justify="center" gap="xs">
          <img src="/favicon.svg" alt="" width={28} height={28} />
          <Text fw={650} size="xl">
            Mailcase
          </Text>
        </Group>
        <Paper withBorder p="lg" radius="md" className={classes.card}>
          <Stack gap="md">
            {title !== 'Mailcase' && <Title order={1}>{title}</Title>}
            {intro && (
              <Text size="sm" c="dimmed">
                {intro}
              </Text>
            )}
            {children}
          </Stack>
        </Paper>
      </Stack>
    </Center>
  );
}
