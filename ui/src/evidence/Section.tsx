// A titled piece of what is known of a part.
import { Group, Title } from '@mantine/core';
import type { ReactNode, Ref } from 'react';

type SectionProps = { title: string; actions?: ReactNode; children: ReactNode; ref?: Ref<HTMLDivElement> };

export function Section({ title, actions, children, ref }: SectionProps) {
  return (
    <div ref={ref} tabIndex={ref ? -1 : undefined}>
      <Group justify="space-between" mb={4} gap="xs">
        <Title order={3}>{title}</Title>
        {actions}
      </Group>
      {children}
    </div>
  );
}
