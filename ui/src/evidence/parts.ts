// The tree of parts as rows: which are shown, how they hang together, and where a key leads. Pure.
import type { Part } from '../api/types';

/** A part as it stands in the list of rows. */
export type Row = {
  part: Part;
  depth: number;
  /** Its place among its siblings, from 1, and how many there are. */
  place: number;
  siblings: number;
  /** For each level above it: whether the line of that level goes on below this row. */
  lines: boolean[];
};

/** From so many parts on, what lies deeper than the first level is closed at first. */
export const OPEN_AT_FIRST = 100;

/** This part and all below, parents first. Written without recursion: evidence may nest deeply. */
export function walk(root: Part): Part[] {
  const found: Part[] = [];
  const waiting = [root];
  for (let part = waiting.pop(); part; part = waiting.pop()) {
    found.push(part);
    waiting.push(...part.children.toReversed());
  }
  return found;
}

export function countParts(root: Part): number {
  return walk(root).length;
}

export function partAt(root: Part, path: string | null | undefined): Part | undefined {
  return walk(root).find((part) => part.path === path);
}

/** Paths of the parts around a part, outermost first: of `/2/1` these are `/` and `/2`. */
export function pathsAround(path: string): string[] {
  if (path === '/') return [];
  const steps = path.split('/').slice(1, -1);
  return ['/', ...steps.map((_, index) => `/${steps.slice(0, index + 1).join('/')}`)];
}

/** Paths of the parts that are closed when the tree is first shown. */
export function closedAtFirst(root: Part): Set<string> {
  const parts = walk(root);
  if (parts.length <= OPEN_AT_FIRST) return new Set();
  return new Set(parts.filter((part) => part !== root && part.children.length > 0).map(({ path }) => path));
}

/** The rows that are shown while these paths are closed. */
export function visibleRows(root: Part, closed: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const waiting: Row[] = [{ part: root, depth: 0, place: 1, siblings: 1, lines: [] }];
  for (let row = waiting.pop(); row; row = waiting.pop()) {
    rows.push(row);
    const { part, depth, place, siblings, lines } = row;
    if (closed.has(part.path)) continue;
    const below = depth === 0 ? [] : [...lines, place < siblings];
    const children = part.children.map((child, index) => ({
      part: child,
      depth: depth + 1,
      place: index + 1,
      siblings: part.children.length,
      lines: below,
    }));
    waiting.push(...children.toReversed());
  }
  return rows;
}

/** What a key does in the tree, as people know it from file managers (ARIA tree pattern). */
export type Move = { focus: string } | { open: string } | { close: string } | { select: string } | null;

export function moveBy(key: string, rows: Row[], current: string, closed: ReadonlySet<string>): Move {
  const at = rows.findIndex(({ part }) => part.path === current);
  const row = rows[at];
  if (!row) return null;
  const holds = row.part.children.length > 0;
  const shut = closed.has(current);
  const to = (path: string | undefined): Move => (path === undefined ? null : { focus: path });
  switch (key) {
    case 'ArrowDown':
      return to(rows[at + 1]?.part.path);
    case 'ArrowUp':
      return to(rows[at - 1]?.part.path);
    case 'Home':
      return to(rows[0]?.part.path);
    case 'End':
      return to(rows.at(-1)?.part.path);
    case 'ArrowRight':
      if (holds && shut) return { open: current };
      return holds ? to(rows[at + 1]?.part.path) : null;
    case 'ArrowLeft':
      return holds && !shut ? { close: current } : to(pathsAround(current).at(-1));
    case 'Enter':
    case ' ':
      return { select: current };
    default:
      return null;
  }
}
