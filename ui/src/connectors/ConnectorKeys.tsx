// The keys that open the mail of a connector: its own, and those of the whole organization.
import { Anchor, Button, Group, Modal, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Connector } from '../api/types';
import { AddKeys } from '../keys/AddKeys';
import { useDecryptionKeys } from '../keys/decryptionKeys';
import { KeyTable } from '../keys/KeyTable';
import { FailedState } from '../shared/states';

export function ConnectorKeys({ connector, mayManage }: { connector: Connector; mayManage: boolean }) {
  const query = useDecryptionKeys();
  const [adding, add] = useDisclosure(false);
  const opening = query.data?.filter((key) => !key.connector || key.connector.id === connector.id);
  return (
    <section aria-label="Keys that open its mail">
      <Group justify="space-between" mt="lg" mb="xs">
        <Title order={2}>Keys that open its mail</Title>
        {mayManage && (
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={add.open}>
            Add keys
          </Button>
        )}
      </Group>
      {query.isError && !query.data ? (
        <FailedState what="The keys" error={query.error} retry={() => void query.refetch()} />
      ) : (
        <KeyTable
          list={{ rows: opening, error: null, retry: () => {} }}
          mayManage={mayManage}
          empty={
            <Text size="sm" c="dimmed">
              None. Encrypted mail it brings is stored, and waits for a key; see{' '}
              <Anchor component={Link} to="/settings/keys" size="sm" underline="always">
                all keys
              </Anchor>
              .
            </Text>
          }
        />
      )}
      <Modal
        opened={adding}
        onClose={add.close}
        size="xl"
        title={<Text fw={600}>Keys for the mail of {connector.settings.name}</Text>}
      >
        <AddKeys connector={connector.id} onKept={add.close} />
      </Modal>
    </section>
  );
}
