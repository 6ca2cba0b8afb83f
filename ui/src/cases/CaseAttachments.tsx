// Attachments of all messages of a case.
import { Badge, Group, Stack, Text } from '@mantine/core';
import { IconPaperclip } from '@tabler/icons-react';
import type { CaseAttachment } from '../api/types';
import { HashList } from '../evidence/HashList';
import { PartDownload } from '../evidence/PartDownloads';
import { byteSize } from '../shared/format';
import { type Column, DataTable } from '../shared/list/DataTable';
import { EmptyState } from '../shared/states';
import { useCaseAttachments } from './cases';

const COLUMNS: Column<CaseAttachment>[] = [
  { key: 'name', header: 'Name', primary: true, render: (row) => row.name ?? row.path },
  { key: 'type', header: 'Type', width: '26%', render: (row) => <ContentType row={row} /> },
  { key: 'size', header: 'Size', width: 80, align: 'right', render: (row) => byteSize(row.size) },
  {
    key: 'hashes',
    header: 'Hashes',
    width: 190,
    render: (row) => row.hashes && <HashList hashes={row.hashes} />,
  },
  { key: 'download', header: '', label: 'Download', width: 1, render: (row) => <Download row={row} /> },
];

function ContentType({ row }: { row: CaseAttachment }) {
  return (
    <Stack gap={2} align="flex-start">
      <span className="mono">{row.content_type}</span>
      {row.sniffed_type && row.sniffed_type !== row.content_type && (
        <Badge color="orange">looks like {row.sniffed_type}</Badge>
      )}
    </Stack>
  );
}

function Download({ row }: { row: CaseAttachment }) {
  return <PartDownload message={row.message} path={row.path} name={row.safe_name ?? row.name} />;
}

export function CaseAttachments({ id }: { id: string }) {
  return (
    <DataTable
      what="Attachments"
      list={useCaseAttachments(id)}
      columns={COLUMNS}
      rowKey={(row) => `${row.message} ${row.path}`}
      rowHref={(row) => `/inbox/${row.message}?tab=parts`}
      compact={(row) => (
        <Group justify="space-between" wrap="nowrap">
          <Stack gap={2} style={{ minWidth: 0 }}>
            <Text size="sm" fw={600} className="breakable">
              {row.name ?? row.path}
            </Text>
            <ContentType row={row} />
          </Stack>
          <Text size="xs" c="dimmed">
            {byteSize(row.size)}
          </Text>
        </Group>
      )}
      empty={<EmptyState icon={<IconPaperclip size={32} />} title="No attachments" />}
    />
  );
}
