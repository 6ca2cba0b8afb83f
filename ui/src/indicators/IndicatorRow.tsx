// One indicator: its value, what is odd about it, where it stands, where else it was seen, and what it is marked.
import { ActionIcon, Anchor, Badge, CopyButton, Group, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { type KeyboardEvent, memo, useState } from 'react';
import { Link } from 'react-router';
import type { Judgement } from '../api/types';
import { counted, relativeTime } from '../shared/format';
import { ROW_LINK } from '../shared/list/useListKeys';
import classes from './IndicatorTable.module.css';
import { messagesWith } from './indicators';
import {
  JUDGEMENTS,
  KIND_WORDS,
  markReach,
  ODD_WORDS,
  placeWord,
  type Row,
  rowKey,
  seenWords,
  wrapperWord,
} from './indicatorWords';
import { MarkButtons } from './MarkButtons';

/** Places shown until more are asked for. */
const FEW = 3;

const STEPS: Record<string, 1 | -1> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Goes to the row before or behind, also of another kind. */
function step(from: HTMLElement, by: 1 | -1): void {
  const all = [
    ...(from.closest('[data-indicators]')?.querySelectorAll<HTMLElement>('[data-indicator]') ?? []),
  ];
  const next = all[all.findIndex((each) => from.contains(each)) + by];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

export type RowActions = {
  /** Left out where nothing may be changed. */
  onMark?: (row: Row, mark: Judgement) => void;
  /** Left out where parts cannot be opened. */
  onPlace?: (path: string) => void;
};

type IndicatorRowProps = RowActions & { row: Row; other: boolean; withKind?: boolean };

export const IndicatorRow = memo(function IndicatorRow(props: IndicatorRowProps) {
  const { row, other, withKind, onMark, onPlace } = props;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = STEPS[event.key];
    if (by) {
      event.preventDefault();
      // Another list on the page listens to the same keys.
      event.stopPropagation();
      return step(event.currentTarget, by);
    }
    const meant = JUDGEMENTS.find(({ key }) => key === event.key);
    if (!meant || !onMark) return;
    event.preventDefault();
    onMark(row, meant.value);
  };
  return (
    <li
      className={classes.row}
      data-mark={row.mark?.mark}
      aria-label={`${KIND_WORDS[row.kind].one} ${row.defanged}`}
      onKeyDown={onKeyDown}
    >
      <div className={classes.value}>
        <Group gap={6}>
          {withKind && (
            <Text span size="xs" c="dimmed">
              {KIND_WORDS[row.kind].one}
            </Text>
          )}
          <span className="mono breakable">{row.defanged}</span>
          <Badges row={row} />
        </Group>
        <Origin row={row} onPlace={onPlace} />
        <Wrappers row={row} />
      </div>
      <SeenIn row={row} other={other} />
      <div className={classes.actions}>
        <Copy row={row} listed={withKind} />
        {onMark && <MarkButtons row={row} onMark={onMark} />}
      </div>
    </li>
  );
});

function Badges({ row }: { row: Row }) {
  const judgement = JUDGEMENTS.find(({ value }) => value === row.mark?.mark);
  const reach = row.mark && markReach(row.mark);
  return (
    <>
      {row.mark && judgement && (
        <Tooltip
          multiline
          maw={320}
          label={[
            reach ? `${judgement.label}: ${reach}.` : `Marked ${judgement.label.toLowerCase()}.`,
            row.mark.by && `By ${row.mark.by}, ${relativeTime(row.mark.at, Date.now())}.`,
            row.mark.note,
          ]
            .filter(Boolean)
            .join(' ')}
        >
          <Badge color={judgement.color}>{judgement.label}</Badge>
        </Tooltip>
      )}
      {row.odd.map((mark) => (
        <Tooltip key={mark} label={ODD_WORDS[mark]?.means ?? mark} multiline maw={280}>
          <Badge color="orange">{ODD_WORDS[mark]?.label ?? mark}</Badge>
        </Tooltip>
      ))}
      {row.detail && <Badge color="gray">{row.detail}</Badge>}
    </>
  );
}

function Origin({ row, onPlace }: { row: Row; onPlace?: (path: string) => void }) {
  const [all, showAll] = useState(false);
  const shown = all ? row.places : row.places.slice(0, FEW);
  const hidden = row.places.length - shown.length;
  if (row.places.length === 0 && !row.unicode) return null;
  return (
    <Text size="xs" c="dimmed" component="div" className="breakable">
      {row.unicode && <span>reads {row.unicode} · </span>}
      {shown.map(({ place, hows }, index) => (
        <span key={`${place.path} ${place.what}`}>
          {index > 0 && ' · '}
          {onPlace ? (
            <Anchor component="button" type="button" size="xs" onClick={() => onPlace(place.path)}>
              {placeWord(place, hows)}
            </Anchor>
          ) : (
            placeWord(place, hows)
          )}
        </span>
      ))}
      {hidden > 0 && (
        <>
          {' · '}
          <Anchor component="button" type="button" size="xs" onClick={() => showAll(true)}>
            {hidden} more
          </Anchor>
        </>
      )}
    </Text>
  );
}

/** The links it was taken out of, outermost first. */
function Wrappers({ row }: { row: Row }) {
  if (row.wrappers.length === 0) return null;
  return (
    <Text size="xs" c="dimmed" className="breakable">
      taken out of{' '}
      {row.wrappers.map(({ wrapper, defanged }, index) => (
        <Tooltip key={defanged} label={<span className="breakable">{defanged}</span>} multiline maw={420}>
          <UnstyledButton fz="xs" c="dimmed" td="underline dotted" ml={index > 0 ? 4 : 0}>
            {index > 0 && '→ '}
            {wrapperWord(wrapper)}
          </UnstyledButton>
        </Tooltip>
      ))}
    </Text>
  );
}

function SeenIn({ row, other }: { row: Row; other: boolean }) {
  const here = row.here === undefined ? null : `${counted(row.here, 'message')} here`;
  const words = row.seen && seenWords(row.seen, other);
  return (
    <Text size="xs" c="dimmed" component="div">
      {here && <div>{here}</div>}
      {row.seen && row.seen.messages > 0 ? (
        <Anchor component={Link} to={messagesWith(row)} size="xs">
          {words}
        </Anchor>
      ) : (
        words
      )}
      {!other && row.seen?.last && <div>last seen {relativeTime(row.seen.last, Date.now())}</div>}
    </Text>
  );
}

function Copy({ row, listed }: { row: Row; listed: boolean | undefined }) {
  return (
    <CopyButton value={row.defanged} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : 'Copy defanged'}>
          <ActionIcon
            size="sm"
            color={copied ? 'teal' : 'gray'}
            onClick={copy}
            aria-label={`Copy ${rowKey({ kind: KIND_WORDS[row.kind].one, value: row.defanged })} defanged`}
            data-indicator
            {...(listed && ROW_LINK)}
          >
            {copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}
