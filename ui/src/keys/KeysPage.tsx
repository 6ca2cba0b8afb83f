// What encrypted mail is opened with.
import { Stack, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useMay } from '../session/session';
import { NotAllowed } from '../settings/NotAllowed';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState } from '../shared/states';
import { AddKeys } from './AddKeys';
import { useDecryptionKeys } from './decryptionKeys';
import { KeyTable } from './KeyTable';

export default function KeysPage() {
  return useMay('read_connectors') ? <Keys /> : <NotAllowed title="Keys" />;
}

function Keys() {
  const mayManage = useMay('manage_connectors');
  const query = useDecryptionKeys();
  return (
    <>
      <PageHeader
        title="Keys"
        description="What encrypted mail is opened with, S/MIME and OpenPGP. Messages that wait for a key are opened as soon as it is here."
      />
      <Stack gap="md">
        {mayManage && <AddKeys />}
        <KeyTable
          list={{
            rows: query.data,
            error: query.data ? null : query.error,
            retry: () => void query.refetch(),
          }}
          mayManage={mayManage}
          empty={<NoKeys mayManage={mayManage} />}
        />
      </Stack>
    </>
  );
}

function NoKeys({ mayManage }: { mayManage: boolean }) {
  return (
    <EmptyState icon={<IconKey size={32} />} title="No keys">
      <Stack gap="xs">
        <Text size="sm">
          An encrypted message is stored and shown like any other, but what is in it can only be read with the
          key of one of its recipients: mostly that of the mailbox it was sent to.
        </Text>
        <Text size="sm">
          {mayManage
            ? 'Export that key with its password from the mail program or the card management, and drop it above. Old keys are welcome: they open old mail.'
            : 'An administrator or integration manager can add it here.'}
        </Text>
      </Stack>
    </EmptyState>
  );
}
