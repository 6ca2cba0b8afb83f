// Every table of the app: columns from a description, rows as links, a stacked form for narrow screens,
// and the three states a list can be in besides full.
import { Button, Center, Table, UnstyledButton, VisuallyHidden } from '@mantine/core';
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

function StackedRows<T>({ what, rows, rowKey, rowHref, compact, currentKey }: RowsProps<T>) {
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
            current={key === currentKey}
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
  current: boolean;
};

function StackedRowView<T>({ row, href, compact, current }: StackedRowProps<T>) {
  return (
    <li className={classes.stackItem}>
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
    </li>
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

function TableRowView<T>({ row, columns, href, navigate }: TableRowProps<T>) {
  const open = (event: React.MouseEvent) => {
    const target = event.target as HTMLElement;
    const onControl = target.closest('a, button, input, label, [role="button"]');
    if (href && !onControl && !window.getSelection()?.toString()) navigate(href);
  };
  return (
    <Table.Tr data-opens={href ? true : undefined} onClick={href ? open : undefined}>
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
