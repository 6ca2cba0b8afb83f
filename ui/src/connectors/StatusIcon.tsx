// Tick, warning, pause or nothing yet; what is wrong stands in the tooltip, on hover and on focus.
import { Text, Tooltip, UnstyledButton } from '@mantine/core';
import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconClock,
  IconPlayerPauseFilled,
  type IconProps,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Connector } from '../api/types';
import { words } from '../shared/format';
import { type Health, health, unresolvedError } from './health';

const GOOD = 'light-dark(#0b7a5a, #38d9a9)';
export const BAD = 'light-dark(#c2410c, #ffa94d)';
const NEUTRAL = 'var(--mantine-color-dimmed)';

const LOOKS: Record<Health, { icon: ComponentType<IconProps>; color: string; label: string }> = {
  working: { icon: IconCircleCheckFilled, color: GOOD, label: 'Working' },
  starting: { icon: IconClock, color: NEUTRAL, label: 'Starting' },
  unattended: { icon: IconCircleDashed, color: NEUTRAL, label: 'Waiting to be run' },
  paused: { icon: IconPlayerPauseFilled, color: NEUTRAL, label: 'Paused' },
  refused: { icon: IconAlertTriangleFilled, color: BAD, label: 'Not done on the server' },
  troubled: { icon: IconAlertTriangleFilled, color: BAD, label: 'In trouble' },
};

export function StatusIcon({ connector }: { connector: Connector }) {
  const doing = health(connector);
  const { icon: Icon, color } = LOOKS[doing];
  const error = unresolvedError(connector.status);
  const label = error && doing === 'paused' ? 'Paused after an error' : LOOKS[doing].label;
  return (
    <Tooltip
      label={error ? <ErrorText label={label} error={error} /> : explanation(connector, doing)}
      multiline
      maw={380}
      position="right"
    >
      <UnstyledButton
        component="span"
        tabIndex={0}
        role="img"
        aria-label={
          error
            ? `${label}: ${error.message}`
            : doing === 'refused'
              ? `${label}: ${connector.refusal}`
              : label
        }
        style={{
          display: 'inline-flex',
          verticalAlign: 'middle',
          color: error ? BAD : color,
          cursor: 'default',
        }}
      >
        <Icon size={18} />
      </UnstyledButton>
    </Tooltip>
  );
}

type ErrorTextProps = { label: string; error: NonNullable<Connector['status']['last_error']> };

function ErrorText({ label, error }: ErrorTextProps) {
  return (
    <>
      <Text size="xs">{label}</Text>
      <Text size="sm" fw={600}>
        {error.message}
      </Text>
      {error.hint && <Text size="sm">{error.hint}</Text>}
    </>
  );
}

function explanation({ status, refusal }: Connector, doing: Health): string {
  if (doing === 'refused') return `${LOOKS.refused.label}: ${refusal}`;
  if (doing === 'unattended') return 'Waiting to be run: no replica has picked it up';
  if (doing === 'paused') return 'Paused: it does not look for mail';
  return `${LOOKS[doing].label}: ${words(status.state)}`;
}
