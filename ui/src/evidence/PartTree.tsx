// The parts of a message as a tree: walked with the arrows, opened with Enter.
import { Text } from '@mantine/core';
import {
  IconChevronDown,
  IconChevronRight,
  IconFileText,
  IconFolder,
  IconMail,
  IconPaperclip,
  IconPhoto,
  type IconProps,
  IconStack2,
} from '@tabler/icons-react';
import {
  type ComponentType,
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  useEffect,
  useRef,
  useState,
} from 'react';
import type { Part } from '../api/types';
import { byteSize } from '../shared/format';
import { PartMarks } from './PartMarks';
import classes from './PartTree.module.css';
import { closedAtFirst, moveBy, pathsAround, type Row, visibleRows } from './parts';
import { partName } from './partWords';

const ICONS: Record<Part['kind'], ComponentType<IconProps>> = {
  multipart: IconFolder,
  message: IconMail,
  body: IconFileText,
  inline: IconPhoto,
  attachment: IconPaperclip,
  layer: IconStack2,
};

type PartTreeProps = {
  root: Part;
  selected: string;
  /** `atDefects`: the count of defects was what was clicked. */
  onSelect: (path: string, atDefects: boolean) => void;
};

export function PartTree({ root, selected, onSelect }: PartTreeProps) {
  const tree = useRef<HTMLDivElement>(null);
  const [closed, setClosed] = useState(() => closedAtFirst(root));
  const [current, setCurrent] = useState(selected);
  // What is selected from elsewhere is shown, whatever was closed around it.
  useEffect(() => {
    setCurrent(selected);
    setClosed((old) => without(old, pathsAround(selected)));
  }, [selected]);

  const rows = visibleRows(root, closed);
  const stop = rows.some(({ part }) => part.path === current) ? current : root.path;
  const focus = (path: string) => {
    setCurrent(path);
    tree.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`)?.focus();
  };
  const toggle = (path: string) => {
    setClosed((old) => (old.has(path) ? without(old, [path]) : new Set([...old, path])));
    focus(path);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moveBy(event.key, rows, stop, closed);
    if (!move) return;
    event.preventDefault();
    if ('focus' in move) focus(move.focus);
    else if ('select' in move) onSelect(move.select, false);
    else toggle('open' in move ? move.open : move.close);
  };
  const onClick = (row: Row) => (event: MouseEvent) => {
    const target = event.target as Element;
    if (target.closest('[data-toggles]')) return toggle(row.part.path);
    focus(row.part.path);
    onSelect(row.part.path, target.closest('[data-defects]') !== null);
  };
  return (
    <div
      ref={tree}
      role="tree"
      aria-label="Parts of the message"
      className={classes.tree}
      onKeyDown={onKeyDown}
    >
      {rows.map((row) => (
        <PartRow
          key={row.part.path}
          row={row}
          closed={closed.has(row.part.path)}
          selected={row.part.path === selected}
          stop={row.part.path === stop}
          onClick={onClick(row)}
        />
      ))}
    </div>
  );
}

function without(paths: ReadonlySet<string>, gone: string[]): Set<string> {
  return new Set([...paths].filter((path) => !gone.includes(path)));
}

type PartRowProps = {
  row: Row;
  closed: boolean;
  selected: boolean;
  /** The one row that Tab stops at. */
  stop: boolean;
  onClick: (event: MouseEvent) => void;
};

function PartRow({
  row: { part, depth, place, siblings, lines },
  closed,
  selected,
  stop,
  onClick,
}: PartRowProps) {
  const Icon = ICONS[part.kind];
  const holds = part.children.length > 0;
  const Chevron = closed ? IconChevronRight : IconChevronDown;
  const name = partName(part);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it hears the keys
    <div
      role="treeitem"
      aria-level={depth + 1}
      aria-posinset={place}
      aria-setsize={siblings}
      aria-expanded={holds ? !closed : undefined}
      aria-selected={selected}
      tabIndex={stop ? 0 : -1}
      data-path={part.path}
      className={classes.row}
      style={{ '--depth': depth } as CSSProperties}
      onClick={onClick}
    >
      {lines.map((goesOn, level) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a level is its place
        <span key={level} className={classes.guide} data-line={goesOn ? 'on' : 'none'} />
      ))}
      {depth > 0 && <span className={classes.guide} data-line={place < siblings ? 'branch' : 'last'} />}
      <span className={classes.chevron} data-toggles={holds || undefined}>
        {holds && <Chevron size={14} aria-hidden />}
      </span>
      <Icon size={16} className={classes.icon} aria-hidden />
      <span className={classes.words}>
        <span className={classes.line}>
          <Text span size="sm" fw={part.name || part.envelope ? 600 : 400} truncate title={name}>
            {name}
          </Text>
          {part.kind !== 'multipart' && (
            <Text span size="xs" c="dimmed" className={classes.size}>
              {byteSize(part.size)}
            </Text>
          )}
        </span>
        <PartMarks part={part} withType={name !== part.content_type} />
      </span>
    </div>
  );
}
