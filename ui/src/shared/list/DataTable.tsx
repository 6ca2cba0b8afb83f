// Every table of the app: columns from a description, rows as links, a stacked form for narrow screens,
// and the three states a list can be in besides full.
import { Box, Button, Center, Table, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { memo, type ReactNode } from 'react';
import { Link, type NavigateFunction, useNavigate } from 'react-router';
import type { PagedList } from '../../api/lists';
import { FailedState, LoadingRows } from '../states';
import classes from './DataTable.module.css';
import { ROW_LINK, useListKeys } from './useListKeys';

export type Column<T> = {
  key: string;
  header: ReactNode;
  /** Name of the column when the header is no text, for screen readers. */
  label?: string;
  render: (row: T) => ReactNode;
  width?: number | string;
  align?: 'left' | 'right' | 'center';
  /** The cell that carries the row's link. */
  primary?: boolean;
  /** Name of the sort order this column stands for. */
  sort?: string;
};

export type Sorting = {
  by: string;
  order: 'asc' | 'desc';
  onSort: (by: string, order: 'asc' | 'desc') => void;
};

export type DataTableProps<T> = {
  /** What the list holds, in the plural and with a capital: "Messages". */
  what: string;
  list: Pick<PagedList<T>, 'rows' | 'error' | 'retry'> & Partial<PagedList<T>>;
  columns: Column<T>[];
  rowKey: (row: T) => string;
  rowHref?: (row: T) => string;
  /** The row on narrow screens, or beside an opened row. */
  compact?: (row: T) => ReactNode;
  /** Below that, outside of the row's link: it may hold links of its own. */
  compactFoot?: (row: T) => ReactNode;
  /** Beside that, outside of the row's link: what can be done to the row. */
  compactActions?: (row: T) => ReactNode;
  alwaysCompact?: boolean;
  currentKey?: string;
  empty: ReactNode;
  sorting?: Sorting;
};

export const NARROW = '(max-width: 48em)';

export function DataTable<T>(props: DataTableProps<T>) {
  const { list, what } = props;
  const narrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  useListKeys();
  if (list.error) return <FailedState what={what} error={list.error} retry={list.retry} />;
  if (!list.rows) return <LoadingRows label={`Loading ${what.toLowerCase()}`} />;
  if (list.rows.length === 0) return props.empty;
  const stacked = props.compact && (narrow || props.alwaysCompact);
  return (
    <div className={classes.area} data-stale={list.stale || undefined}>
      {stacked ? <StackedRows {...props} rows={list.rows} /> : <TableRows {...props} rows={list.rows} />}
      {list.hasMore && (
        <Center py="sm">
          <Button variant="default" size="xs" loading={list.loadingMore} onClick={list.loadMore}>
            Load more
          </Button>
        </Center>
      )}
    </div>
  );
}

type RowsProps<T> = DataTableProps<T> & { rows: T[] };

function StackedRows<T>(props: RowsProps<T>) {
  const { what, rows, rowKey, rowHref, compact, compactFoot, compactActions, currentKey } = props;
  const navigate = useNavigate();
  return (
    <ul className={classes.stack} aria-label={what}>
      {rows.map((row) => {
        const key = rowKey(row);
        return (
          <StackedRow
            key={key}
            row={row}
            href={rowHref?.(row)}
            compact={compact}
            foot={compactFoot}
            actions={compactActions}
            current={key === currentKey}
            navigate={navigate}
          />
        );
      })}
    </ul>
  );
}

// A list is shown anew with every live event; rows in which nothing changed are left as they are.
const StackedRow = memo(StackedRowView) as typeof StackedRowView;

type StackedRowProps<T> = {
  row: T;
  href: string | undefined;
  compact: ((row: T) => ReactNode) | undefined;
  foot: ((row: T) => ReactNode) | undefined;
  actions: ((row: T) => ReactNode) | undefined;
  current: boolean;
  navigate: NavigateFunction;
};

function StackedRowView<T>({ row, href, compact, foot, actions, current, navigate }: StackedRowProps<T>) {
  return (
    <Box component="li" className={classes.stackItem} {...opensOnClick(href, navigate)}>
      {href ? (
        <Link
          to={href}
          className={classes.stackLink}
          data-current={current || undefined}
          aria-current={current ? 'true' : undefined}
          {...ROW_LINK}
        >
          {compact?.(row)}
        </Link>
      ) : (
        <div className={classes.stackPlain}>{compact?.(row)}</div>
      )}
      {foot && <div className={classes.stackFoot}>{foot(row)}</div>}
      {actions && <div className={classes.stackActions}>{actions(row)}</div>}
    </Box>
  );
}

function TableRows<T>({ what, rows, columns, rowKey, rowHref, sorting }: RowsProps<T>) {
  const navigate = useNavigate();
  return (
    <div className={classes.scroll}>
      <Table className={classes.table} aria-label={what}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} sorting={sorting} />
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <TableRow
              key={rowKey(row)}
              row={row}
              columns={columns}
              href={rowHref?.(row)}
              navigate={navigate}
            />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

const TableRow = memo(TableRowView) as typeof TableRowView;

type TableRowProps<T> = {
  row: T;
  columns: Column<T>[];
  href: string | undefined;
  navigate: NavigateFunction;
};

/** A row opens wherever it is clicked, but for what is a control of its own. */
function opensOnClick(href: string | undefined, navigate: NavigateFunction) {
  if (!href) return {};
  const onClick = (event: React.MouseEvent<HTMLElement>) => {
    const target = event.target as HTMLElement;
    const onControl = target.closest('a, button, input, label, [role="button"]');
    // A dialog that the row opened lies elsewhere on the page, and its clicks arrive here, too.
    const within = event.currentTarget.contains(target);
    if (within && !onControl && !window.getSelection()?.toString()) navigate(href);
  };
  return { 'data-opens': true, onClick };
}

function TableRowView<T>({ row, columns, href, navigate }: TableRowProps<T>) {
  return (
    <Table.Tr {...opensOnClick(href, navigate)}>
      {columns.map((column) => (
        <Table.Td key={column.key} ta={column.align} className="breakable">
          {column.primary && href ? (
            <Link to={href} className={classes.rowLink} {...ROW_LINK}>
              {column.render(row)}
            </Link>
          ) : (
            column.render(row)
          )}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

function HeaderCell<T>({ column, sorting }: { column: Column<T>; sorting: Sorting | undefined }) {
  const sort = column.sort;
  if (!sort || !sorting) {
    return (
      <Table.Th w={column.width} ta={column.align}>
        {column.header || <VisuallyHidden>{column.label}</VisuallyHidden>}
      </Table.Th>
    );
  }
  const active = sorting.by === sort;
  const next = active && sorting.order === 'desc' ? 'asc' : 'desc';
  const Arrow = sorting.order === 'desc' ? IconArrowDown : IconArrowUp;
  return (
    <Table.Th
      w={column.width}
      ta={column.align}
      aria-sort={active ? (sorting.order === 'asc' ? 'ascending' : 'descending') : 'none'}
    >
      <UnstyledButton
        className={classes.sort}
        data-active={active}
        onClick={() => sorting.onSort(sort, next)}
      >
        {column.header}
        {active && <Arrow size={13} aria-hidden />}
      </UnstyledButton>
    </Table.Th>
  );
}
