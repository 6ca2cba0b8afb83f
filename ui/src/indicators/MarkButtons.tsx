// Marks an indicator with one click or key; the mark it has is pressed, and pressing it again takes it back.
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCircleCheck, IconHome, type IconProps, IconSkull } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Judgement } from '../api/types';
import { JUDGEMENTS, type Row } from './indicatorWords';

const ICONS: Record<Judgement, ComponentType<IconProps>> = {
  malicious: IconSkull,
  benign: IconCircleCheck,
  own: IconHome,
};

type MarkButtonsProps = { row: Row; onMark: (row: Row, mark: Judgement) => void };

export function MarkButtons({ row, onMark }: MarkButtonsProps) {
  const own = row.mark?.scope === 'value' ? row.mark.mark : null;
  return JUDGEMENTS.map(({ value, does, color, key }) => {
    const Icon = ICONS[value];
    const pressed = own === value;
    return (
      <Tooltip key={value} label={`${pressed ? 'Take the mark back' : does} (${key})`}>
        <ActionIcon
          size="sm"
          variant={pressed ? 'light' : 'subtle'}
          color={pressed ? color : 'gray'}
          aria-pressed={pressed}
          aria-label={`${does}: ${row.defanged}`}
          onClick={() => onMark(row, value)}
        >
          <Icon size={15} />
        </ActionIcon>
      </Tooltip>
    );
  });
}
