// The list of cases.
import { Button, Group, Text } from '@mantine/core';
import { IconBriefcase, IconPlus } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';
import type { CaseSummary } from '../api/types';
import { useMay } from '../session/session';
import { SeverityBadge, StatusBadge, Tags } from '../shared/badges';
import { count, counted } from '../shared/format';
import { type Column, DataTable } from '../shared/list/DataTable';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState } from '../shared/states';
import { Time } from '../shared/Time';
import { useUrlFilters } from '../shared/useUrlFilters';
import { CaseFilterBar } from './CaseFilterBar';
import { CASE_FILTERS, caseQuery, useCases } from './cases';
import { caseAddress } from './listInAddress';
import { NewCase } from './NewCase';

const VIEW = ['sort', 'order', 'new'] as const;

export default function CasesPage() {
  const filters = useUrlFilters(CASE_FILTERS);
  const view = useUrlFilters(VIEW);
  const query = caseQuery(filters.values, view.values.sort, view.values.order);
  const list = useCases(query);
  const [params] = useSearchParams();
  const mayWrite = useMay('write_desk');
  return (
    <>
      <PageHeader
        title="Cases"
        description="What is being worked on."
        actions={
          mayWrite && (
            <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => view.set('new', '1')}>
              New case
            </Button>
          )
        }
      />
      <CaseFilterBar filters={filters} />
      <DataTable
        what="Cases"
        list={list}
        columns={COLUMNS}
        rowKey={(row) => row.id}
        rowHref={(row) => caseAddress(row.id, params)}
        compact={compactCase}
        sorting={{
          by: query.sort,
          order: query.order,
          onSort: (sort, order) => view.setAll({ sort, order }),
        }}
        empty={<NoCases filtered={filters.active} />}
      />
      {mayWrite && <NewCase opened={view.values.new === '1'} onClose={() => view.set('new', null)} />}
    </>
  );
}

const compactCase = (row: CaseSummary) => <CompactCase row={row} />;

const COLUMNS: Column<CaseSummary>[] = [
  {
    key: 'number',
    header: 'No.',
    width: 64,
    sort: 'number',
    render: (row) => (
      <Text span size="sm" c="dimmed" className="tabular">
        #{row.number}
      </Text>
    ),
  },
  { key: 'title', header: 'Title', primary: true, render: (row) => row.title },
  { key: 'status', header: 'Status', width: 120, render: (row) => <StatusBadge status={row.status} /> },
  {
    key: 'severity',
    header: 'Severity',
    width: 96,
    sort: 'severity',
    render: (row) => <SeverityBadge severity={row.severity} />,
  },
  {
    key: 'owner',
    header: 'Owner',
    width: '12%',
    render: (row) =>
      row.owner?.display_name ?? (
        <Text span size="sm" c="dimmed">
          –
        </Text>
      ),
  },
  { key: 'tags', header: 'Tags', width: '18%', render: (row) => <Tags tags={row.tags} /> },
  {
    key: 'messages',
    header: 'Messages',
    width: 84,
    align: 'right',
    render: (row) => <span className="tabular">{count(row.message_count)}</span>,
  },
  {
    key: 'updated',
    header: 'Updated',
    width: 110,
    align: 'right',
    sort: 'updated',
    render: (row) => (
      <Text span size="sm" c="dimmed">
        <Time at={row.updated_at} />
      </Text>
    ),
  },
];

function CompactCase({ row }: { row: CaseSummary }) {
  return (
    <>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="xs" c="dimmed">
          #{row.number} · {counted(row.message_count, 'message')}
        </Text>
        <Text size="xs" c="dimmed">
          <Time at={row.updated_at} />
        </Text>
      </Group>
      <Text size="sm" fw={600} lineClamp={2} className="breakable">
        {row.title}
      </Text>
      <Group gap={6} mt={4}>
        <StatusBadge status={row.status} />
        <SeverityBadge severity={row.severity} />
        {row.owner && (
          <Text size="xs" c="dimmed">
            {row.owner.display_name}
          </Text>
        )}
        <Tags tags={row.tags} />
      </Group>
    </>
  );
}

function NoCases({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <EmptyState icon={<IconBriefcase size={32} />} title="No case matches">
      Change or clear the filters.
    </EmptyState>
  ) : (
    <EmptyState icon={<IconBriefcase size={32} />} title="No cases yet">
      Every message that a connector takes becomes a case or joins one. Cases can also be made by hand.
    </EmptyState>
  );
}
