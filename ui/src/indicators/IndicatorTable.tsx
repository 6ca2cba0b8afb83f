// Indicators of a message, a case or a file: by kind, shown and copied defanged, so that nobody follows one by accident.
// What is own, benign or nobody's is folded away.
import { Button, Center, Group, Select, Stack, Text, TextInput, Title, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronRight, IconFilter, IconRadar2 } from '@tabler/icons-react';
import { useCallback, useState } from 'react';
import type { PagedList } from '../api/lists';
import type { IndicatorKind, Judgement } from '../api/types';
import { useMay } from '../session/session';
import { count } from '../shared/format';
import { EmptyState, FailedState, LoadingRows } from '../shared/states';
import { CopyAll, ExportMenu } from './ExportMenu';
import { IndicatorRow, type RowActions } from './IndicatorRow';
import classes from './IndicatorTable.module.css';
import { type ExportOf, useSetMark, useTakeBackMark } from './indicators';
import {
  arrange,
  FOLD_WORDS,
  type Fold,
  filterRows,
  KIND_WORDS,
  KINDS,
  type Row,
  rowKey,
} from './indicatorWords';

/** Marks a row, or takes the mark back that it has; nothing for who may not. */
export function useMarking(): RowActions['onMark'] {
  const may = useMay('write_desk');
  const { mutate: set } = useSetMark();
  const { mutate: takeBack } = useTakeBackMark();
  const mark = useCallback(
    ({ kind, value, mark: old }: Row, mark: Judgement) => {
      if (old?.scope === 'value' && old.mark === mark) takeBack({ scope: 'value', kind, value });
      else set({ scope: 'value', kind, value, mark, note: '' });
    },
    [set, takeBack],
  );
  return may ? mark : undefined;
}

type IndicatorTableProps = {
  list: PagedList<Row>;
  /** What a document of them is named after; without it there is none. */
  exports?: ExportOf;
  /** Opens the part at a path. */
  onPlace?: (path: string) => void;
};

export function IndicatorTable({ list, exports, onPlace }: IndicatorTableProps) {
  const [text, setText] = useState('');
  const [kind, setKind] = useState<IndicatorKind | null>(null);
  const onMark = useMarking();
  if (list.error) return <FailedState what="Indicators" error={list.error} retry={list.retry} />;
  if (!list.rows) return <LoadingRows label="Loading indicators" />;
  if (list.rows.length === 0) {
    return (
      <EmptyState icon={<IconRadar2 size={32} />} title="No indicators">
        No addresses, links, hashes or other observables were found.
      </EmptyState>
    );
  }
  const present = KINDS.filter((known) => list.rows?.some((row) => row.kind === known));
  const { groups, folds } = arrange(filterRows(list.rows, text, kind));
  const open = groups.flatMap((group) => group.rows);
  return (
    <Stack gap="xs" data-indicators>
      <Group gap="xs">
        <TextInput
          aria-label="Filter indicators"
          placeholder="Filter"
          size="xs"
          w={180}
          leftSection={<IconFilter size={14} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Select
          aria-label="Kind of indicator"
          placeholder="Every kind"
          size="xs"
          w={150}
          clearable
          value={kind}
          onChange={(value) => setKind(value as IndicatorKind | null)}
          data={present.map((value) => ({ value, label: KIND_WORDS[value].one }))}
        />
        <Group gap="xs" ml="auto">
          <CopyAll rows={open} />
          {exports && <ExportMenu of={exports} />}
        </Group>
      </Group>
      {groups.map(({ kind: of, rows }) => (
        <section key={of} className={classes.group} aria-label={KIND_WORDS[of].many}>
          <div className={classes.heading}>
            <Title order={2} size="h3">
              {KIND_WORDS[of].many}
            </Title>
            <Text span size="xs" c="dimmed">
              {count(rows.length)}
            </Text>
          </div>
          <Rows rows={rows} onMark={onMark} onPlace={onPlace} label={KIND_WORDS[of].many} />
        </section>
      ))}
      {open.length === 0 && (
        <Text size="sm" c="dimmed" py="sm">
          {text || kind ? 'Nothing else fits the filter.' : 'Everything found is folded away below.'}
        </Text>
      )}
      {folds.map(({ fold, rows }) => (
        <Folded key={fold} fold={fold} rows={rows} onMark={onMark} onPlace={onPlace} />
      ))}
      {list.hasMore && (
        <Center py="sm">
          <Button variant="default" size="xs" loading={list.loadingMore} onClick={list.loadMore}>
            Load more
          </Button>
        </Center>
      )}
    </Stack>
  );
}

function Rows({ rows, label, ...actions }: RowActions & { rows: Row[]; label: string }) {
  return (
    <ul className={classes.rows} aria-label={label}>
      {rows.map((row) => (
        <IndicatorRow key={rowKey(row)} row={row} other {...actions} />
      ))}
    </ul>
  );
}

function Folded({ fold, rows, ...actions }: RowActions & { fold: Fold; rows: Row[] }) {
  const [opened, setOpened] = useState(false);
  const { label, means } = FOLD_WORDS[fold];
  const Chevron = opened ? IconChevronDown : IconChevronRight;
  return (
    <section className={classes.fold} aria-label={label}>
      <UnstyledButton
        className={classes.heading}
        w="100%"
        aria-expanded={opened}
        onClick={() => setOpened(!opened)}
      >
        <Chevron size={14} aria-hidden style={{ alignSelf: 'center' }} />
        <Text span fw={600} size="sm">
          {label} {count(rows.length)}
        </Text>
        <Text span size="xs" c="dimmed">
          {means}
        </Text>
      </UnstyledButton>
      {opened && <Rows rows={rows} label={label} {...actions} />}
    </section>
  );
}
