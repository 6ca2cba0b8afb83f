// Tick, warning or pause; what is wrong stands in the tooltip, on hover and on focus.
import { Text, Tooltip, UnstyledButton } from '@mantine/core';
import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconClock,
  IconPlayerPauseFilled,
} from '@tabler/icons-react';
import type { Connector } from '../api/types';
import { words } from '../shared/format';
import { health } from './health';

const LOOKS = {
  working: { icon: IconCircleCheckFilled, color: 'light-dark(#0b7a5a, #38d9a9)', label: 'Working' },
  starting: { icon: IconClock, color: 'var(--mantine-color-dimmed)', label: 'Starting' },
  paused: { icon: IconPlayerPauseFilled, color: 'var(--mantine-color-dimmed)', label: 'Paused' },
  troubled: { icon: IconAlertTriangleFilled, color: 'light-dark(#c2410c, #ffa94d)', label: 'In trouble' },
};

export function StatusIcon({ connector }: { connector: Connector }) {
  const { icon: Icon, color, label } = LOOKS[health(connector)];
  const error = connector.status.last_error;
  const troubled = health(connector) === 'troubled' && error;
  const explain = troubled ? (
    <>
      <Text size="sm" fw={600}>
        {error.message}
      </Text>
      {error.hint && <Text size="sm">{error.hint}</Text>}
    </>
  ) : (
    `${label}: ${words(connector.status.state)}`
  );
  return (
    <Tooltip label={explain} multiline maw={380} position="right">
      <UnstyledButton
        component="span"
        tabIndex={0}
        role="img"
        aria-label={troubled ? `${label}: ${error.message}` : label}
        style={{ display: 'inline-flex', verticalAlign: 'middle', color, cursor: 'default' }}
      >
        <Icon size={18} />
      </UnstyledButton>
    </Tooltip>
  );
}
