// The top of a page: its name, what can be done, and the name in the browser's tab.
import { Group, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';

type PageHeaderProps = { title: string; description?: ReactNode; actions?: ReactNode; before?: ReactNode };

export function PageHeader({ title, description, actions, before }: PageHeaderProps) {
  useDocumentTitle(`${title} · Mailcase`);
  return (
    <Group justify="space-between" align="flex-start" mb="sm" gap="sm">
      <Group gap="xs" wrap="nowrap" style={{ minWidth: 0 }}>
        {before}
        <div style={{ minWidth: 0 }}>
          <Title order={1} className="breakable">
            {title}
          </Title>
          {description && (
            <Text size="sm" c="dimmed">
              {description}
            </Text>
          )}
        </div>
      </Group>
      {actions && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
