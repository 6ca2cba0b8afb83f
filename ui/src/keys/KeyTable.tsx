// The keys there are: what each is, what it opens, and how to forget it.
import { ActionIcon, Anchor, Modal, Stack, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconTrash } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import type { DecryptionKey } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { Confirm } from '../shared/confirm';
import { type Column, DataTable, type DataTableProps } from '../shared/list/DataTable';
import { Time } from '../shared/Time';
import { useDeleteKey } from './decryptionKeys';
import { KeyFactsTable, Valid } from './KeyFactsTable';
import { keyKind } from './keyWords';

type KeyTableProps = {
  list: DataTableProps<DecryptionKey>['list'];
  mayManage: boolean;
  empty: ReactNode;
};

const SHORT_CHARACTERS = 12;

export function KeyTable({ list, mayManage, empty }: KeyTableProps) {
  const [looked, lookAt] = useState<DecryptionKey | null>(null);
  const name = (key: DecryptionKey) => (
    <Anchor
      component="button"
      type="button"
      size="sm"
      fw={600}
      ta="left"
      className="breakable"
      onClick={() => lookAt(key)}
    >
      {key.name}
    </Anchor>
  );
  const columns: Column<DecryptionKey>[] = [
    {
      key: 'name',
      header: 'Key',
      render: (key) => (
        <>
          {name(key)}
          <Whom of={key} />
        </>
      ),
    },
    ...COLUMNS,
    ...(mayManage ? [FORGET] : []),
  ];
  return (
    <>
      <DataTable
        what="Keys"
        list={list}
        columns={columns}
        rowKey={({ id }) => id}
        compact={(key) => <CompactKey of={key} name={name(key)} mayManage={mayManage} />}
        empty={empty}
      />
      <Modal
        opened={looked !== null}
        onClose={() => lookAt(null)}
        size="lg"
        title={
          <Text fw={600} className="breakable">
            {looked?.name}
          </Text>
        }
      >
        {looked && <KeyFactsTable facts={looked.facts} />}
      </Modal>
    </>
  );
}

/** Whom the certificate names, as far as the name does not say it. */
function Whom({ of: { name, facts } }: { of: DecryptionKey }) {
  const lines = [facts.subject === name ? '' : facts.subject, facts.addresses.join(', ')].filter(Boolean);
  return lines.map((line) => (
    <Text key={line} size="xs" c="dimmed" className="breakable">
      {line}
    </Text>
  ));
}

function Opens({ of: { connector } }: { of: DecryptionKey }) {
  if (!connector) return 'Whole organization';
  return (
    <Anchor component={Link} to={`/settings/connectors/${connector.id}`} size="sm" className="breakable">
      {connector.name}
    </Anchor>
  );
}

function Fingerprint({ of: { facts } }: { of: DecryptionKey }) {
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      <Tooltip label={facts.fingerprint} multiline maw={320}>
        <span className="mono">{facts.fingerprint.slice(0, SHORT_CHARACTERS)}…</span>
      </Tooltip>{' '}
      <CopyButton value={facts.fingerprint} label="Copy the fingerprint" />
    </span>
  );
}

function Added({ of: { created_at, created_by } }: { of: DecryptionKey }) {
  return (
    <>
      <Time at={created_at} />
      {created_by && (
        <Text size="xs" c="dimmed" className="breakable">
          by {created_by}
        </Text>
      )}
    </>
  );
}

const COLUMNS: Column<DecryptionKey>[] = [
  { key: 'kind', header: 'Kind', width: 96, render: ({ facts }) => keyKind(facts) },
  { key: 'opens', header: 'Opens the mail of', width: 150, render: (key) => <Opens of={key} /> },
  { key: 'valid', header: 'Valid', width: 210, render: ({ facts }) => <Valid facts={facts} /> },
  { key: 'fingerprint', header: 'Fingerprint', width: 146, render: (key) => <Fingerprint of={key} /> },
  { key: 'added', header: 'Added', width: 110, render: (key) => <Added of={key} /> },
];

const FORGET: Column<DecryptionKey> = {
  key: 'forget',
  header: '',
  label: 'Forget',
  width: 40,
  render: (key) => <Forget of={key} />,
};

function CompactKey({
  of: key,
  name,
  mayManage,
}: {
  of: DecryptionKey;
  name: ReactNode;
  mayManage: boolean;
}) {
  return (
    <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8 }}>
      <Stack gap={2} style={{ minWidth: 0 }}>
        {name}
        <Whom of={key} />
        <Text size="xs" c="dimmed" component="div">
          {keyKind(key.facts)} · <Opens of={key} />
        </Text>
        <Valid facts={key.facts} />
        <Text size="xs" c="dimmed" component="div">
          added <Time at={key.created_at} />
          {key.created_by && ` by ${key.created_by}`}
        </Text>
      </Stack>
      {mayManage && <Forget of={key} />}
    </div>
  );
}

function Forget({ of: key }: { of: DecryptionKey }) {
  const [asking, ask] = useDisclosure(false);
  const forget = useDeleteKey(ask.close);
  return (
    <>
      <Tooltip label="Forget this key">
        <ActionIcon color="red" aria-label={`Forget ${key.name}`} onClick={ask.open}>
          <IconTrash size={16} />
        </ActionIcon>
      </Tooltip>
      <Confirm
        opened={asking}
        title={`Forget ${key.name}?`}
        confirmLabel="Forget key"
        dangerous
        busy={forget.isPending}
        onConfirm={() => forget.mutate(key)}
        onClose={ask.close}
      >
        <Stack gap="xs">
          <Text size="sm">
            The key and its password are erased here and cannot be brought back. Keep the file somewhere else
            if it may be needed again.
          </Text>
          <Text size="sm">
            Mail encrypted to it that comes from now on stays closed. What was found in mail it opened stays
            here, but its texts, previews and attachments can no longer be shown.
          </Text>
        </Stack>
      </Confirm>
    </>
  );
}
