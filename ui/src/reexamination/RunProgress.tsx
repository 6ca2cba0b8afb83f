// How far a re-examination has come, and what it found so far.
import { Progress, SimpleGrid, Stack, Text } from '@mantine/core';
import type { Reexamination } from '../api/types';
import { count } from '../shared/format';
import { isUnderWay, percent, SCOPES } from './reexaminationWords';

export function RunProgress({ run }: { run: Reexamination }) {
  const words =
    run.state === 'waiting' ? 'Waiting to begin' : `${count(run.examined)} of ${count(run.total)} looked at`;
  return (
    <Stack gap={6}>
      <Text size="sm" role="status" className="tabular">
        {SCOPES[run.scope].label}: {words}
      </Text>
      {isUnderWay(run) && (
        <Progress.Root size="md">
          <Progress.Section value={percent(run)} aria-label="Looked at" animated={run.state === 'running'} />
        </Progress.Root>
      )}
    </Stack>
  );
}

/** The outcome in four numbers. */
export function RunFigures({ run }: { run: Reexamination }) {
  const figures: { label: string; value: number; color?: string }[] = [
    { label: 'Looked at', value: run.examined },
    { label: 'Changed', value: run.changed },
    { label: 'Opened', value: run.opened, color: run.opened > 0 ? OPENED : undefined },
    { label: 'Failed', value: run.failed, color: run.failed > 0 ? FAILED : undefined },
  ];
  return (
    <SimpleGrid component="dl" cols={{ base: 2, xs: 4 }} spacing="sm" verticalSpacing={6} m={0} maw={560}>
      {figures.map(({ label, value, color }) => (
        <div key={label}>
          <Text component="dt" size="xs" c="dimmed">
            {label}
          </Text>
          <Text component="dd" m={0} fw={600} className="tabular" c={color}>
            {count(value)}
          </Text>
        </div>
      ))}
    </SimpleGrid>
  );
}

const OPENED = 'light-dark(#0b7a5a, #38d9a9)';
const FAILED = 'light-dark(#c92a2a, #ff8787)';
