// The files of this page, each with how it stands.
import { ActionIcon, Group, Loader, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconClock, IconX } from '@tabler/icons-react';
import { byteSize } from '../shared/format';
import classes from './AnalysisList.module.css';
import type { Analysis } from './useAnalyses';

type AnalysisListProps = {
  analyses: Analysis[];
  openId: number | undefined;
  onOpen: (id: number) => void;
  onRemove: (id: number) => void;
};

export function AnalysisList({ analyses, openId, onOpen, onRemove }: AnalysisListProps) {
  return (
    <ul className={classes.list} aria-label="Files">
      {analyses.map((analysis) => (
        <li key={analysis.id} className={classes.item} data-open={analysis.id === openId || undefined}>
          <UnstyledButton
            className={classes.file}
            aria-current={analysis.id === openId ? 'true' : undefined}
            onClick={() => onOpen(analysis.id)}
          >
            <StateIcon state={analysis.state} />
            <Text span size="sm" truncate title={analysis.file.name} style={{ flex: 1 }}>
              {analysis.file.name}
            </Text>
            <Group gap="xs" wrap="nowrap" style={{ flex: 'none' }}>
              <Text span size="xs" c="dimmed">
                {stateWords(analysis.state)}
              </Text>
              <Text span size="xs" c="dimmed" className="tabular">
                {byteSize(analysis.file.size)}
              </Text>
            </Group>
          </UnstyledButton>
          <Tooltip label="Forget it">
            <ActionIcon
              size="sm"
              aria-label={`Forget ${analysis.file.name}`}
              onClick={() => onRemove(analysis.id)}
            >
              <IconX size={14} />
            </ActionIcon>
          </Tooltip>
        </li>
      ))}
    </ul>
  );
}

function stateWords(state: Analysis['state']): string {
  switch (state.is) {
    case 'waiting':
      return 'Waiting';
    case 'under_way':
      return state.sent < 1 ? 'Sending' : 'Analysing';
    case 'done':
      return 'Done';
    case 'failed':
      return 'Failed';
  }
}

function StateIcon({ state }: { state: Analysis['state'] }) {
  if (state.is === 'under_way') return <Loader size={14} aria-hidden />;
  if (state.is === 'failed')
    return <IconAlertTriangle size={15} color="var(--mantine-color-error)" aria-hidden />;
  const Icon = state.is === 'done' ? IconCheck : IconClock;
  return <Icon size={15} color="var(--mantine-color-dimmed)" aria-hidden />;
}
