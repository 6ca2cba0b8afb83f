// Indicators of a message or of a case: shown and copied defanged, so that nobody follows one by accident.
import { Badge, Button, Group, CopyButton as MantineCopyButton, Select, Stack, Text } from '@mantine/core';
import { IconCheck, IconCopy, IconRadar2 } from '@tabler/icons-react';
import { useState } from 'react';
import type { PagedList } from '../api/lists';
import type { IndicatorKind } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { count } from '../shared/format';
import { type Column, DataTable } from '../shared/list/DataTable';
import { EmptyState } from '../shared/states';

export const KIND_WORDS: Record<IndicatorKind, string> = {
  ipv4: 'IPv4',
  ipv6: 'IPv6',
  url: 'URL',
  domain: 'Domain',
  email: 'E-mail',
  md5: 'MD5',
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha512: 'SHA-512',
  file_name: 'File name',
  cve: 'CVE',
  registry_path: 'Registry path',
  crypto_address: 'Crypto address',
  phone: 'Phone',
  date_time: 'Date and time',
  payment_card: 'Payment card',
};

type Row = {
  kind: IndicatorKind;
  value: string;
  defanged: string;
  places?: string[];
  message_count?: number;
  other_cases?: number;
};

const KIND_COLUMN: Column<Row> = {
  key: 'kind',
  header: 'Kind',
  width: 100,
  render: (row) => <Badge color="gray">{KIND_WORDS[row.kind]}</Badge>,
};
const VALUE_COLUMN: Column<Row> = {
  key: 'value',
  header: 'Value',
  render: (row) => (
    <Group gap={4} wrap="nowrap" justify="space-between">
      <span className="mono breakable">{row.defanged}</span>
      <CopyButton value={row.defanged} label="Copy defanged" />
    </Group>
  ),
};
const OF_MESSAGE: Column<Row>[] = [
  KIND_COLUMN,
  VALUE_COLUMN,
  {
    key: 'places',
    header: 'Seen in',
    width: '30%',
    render: (row) => (
      <Text span size="sm" c="dimmed" lineClamp={2}>
        {row.places?.join(', ')}
      </Text>
    ),
  },
];
const OF_CASE: Column<Row>[] = [
  KIND_COLUMN,
  VALUE_COLUMN,
  {
    key: 'messages',
    header: 'Messages',
    width: 90,
    align: 'right',
    render: (row) => count(row.message_count ?? 0),
  },
  {
    key: 'others',
    header: 'Other cases',
    width: 100,
    align: 'right',
    render: (row) => count(row.other_cases ?? 0),
  },
];

type IndicatorTableProps<T extends Row> = {
  list: Pick<PagedList<T>, 'rows' | 'error' | 'retry'> & Partial<PagedList<T>>;
  ofCase?: boolean;
};

export function IndicatorTable<T extends Row>({ list, ofCase }: IndicatorTableProps<T>) {
  const [kind, setKind] = useState<string | null>(null);
  const all = list.rows ?? [];
  const shown = kind ? all.filter((row) => row.kind === kind) : all;
  const kinds = [...new Set(all.map((row) => row.kind))];
  return (
    <Stack gap="xs">
      {all.length > 0 && (
        <Group gap="xs">
          <Select
            aria-label="Kind of indicator"
            placeholder="Every kind"
            size="xs"
            w={150}
            clearable
            value={kind}
            onChange={setKind}
            data={kinds.map((value) => ({ value, label: KIND_WORDS[value] }))}
          />
          <CopyAll values={shown.map((row) => row.defanged)} />
        </Group>
      )}
      <DataTable
        what="Indicators"
        list={{ ...list, rows: list.rows ? shown : undefined } as IndicatorTableProps<Row>['list']}
        columns={ofCase ? OF_CASE : OF_MESSAGE}
        rowKey={(row) => `${row.kind} ${row.value}`}
        compact={(row) => (
          <Group gap="xs" wrap="nowrap" justify="space-between">
            <Stack gap={2} style={{ minWidth: 0 }}>
              <Text size="xs" c="dimmed">
                {KIND_WORDS[row.kind]}
              </Text>
              <span className="mono breakable">{row.defanged}</span>
            </Stack>
            <CopyButton value={row.defanged} label="Copy defanged" />
          </Group>
        )}
        empty={
          <EmptyState icon={<IconRadar2 size={32} />} title="No indicators">
            No addresses, links, hashes or other observables were found.
          </EmptyState>
        }
      />
    </Stack>
  );
}

function CopyAll({ values }: { values: string[] }) {
  return (
    <MantineCopyButton value={values.join('\n')} timeout={1500}>
      {({ copied, copy }) => (
        <Button
          size="xs"
          variant="default"
          onClick={copy}
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        >
          {copied ? 'Copied' : `Copy ${count(values.length)} defanged`}
        </Button>
      )}
    </MantineCopyButton>
  );
}
