// What can be done to a connector from the table and from its page.
import { ActionIcon, Menu, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconDots,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Connector } from '../api/types';
import { Confirm } from '../shared/confirm';
import { useDeleteConnector, usePollNow, useSetActive } from './connectors';

type ConnectorActionsProps = { connector: Connector; onDeleted?: () => void };

/** Only for those who may manage connectors. What a file declares can be switched, and nothing else. */
export function ConnectorActions({ connector, onDeleted }: ConnectorActionsProps) {
  const [deleting, confirm] = useDisclosure(false);
  const setActive = useSetActive(connector);
  const poll = usePollNow(connector);
  const remove = useDeleteConnector(connector, () => {
    confirm.close();
    onDeleted?.();
  });
  const fromFile = connector.origin.from === 'file';
  const { name } = connector.settings;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={`Actions for ${name}`}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            component={Link}
            to={`/settings/connectors/${connector.id}/edit`}
            leftSection={<IconPencil size={16} />}
          >
            {fromFile ? 'View settings' : 'Edit'}
          </Menu.Item>
          {connector.active && (
            <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => poll.mutate()}>
              Poll now
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={connector.active ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
            onClick={() => setActive.mutate(!connector.active)}
          >
            {connector.active ? 'Deactivate' : 'Activate'}
          </Menu.Item>
          {!fromFile && (
            <>
              <Menu.Divider />
              <Menu.Item c="red" leftSection={<IconTrash size={16} />} onClick={confirm.open}>
                Delete
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={deleting}
        title={`Delete ${name}?`}
        confirmLabel="Delete connector"
        dangerous
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
        onClose={confirm.close}
      >
        <Text size="sm">
          It stops watching its mailbox and its secrets are erased. Messages and cases made from it stay.
        </Text>
      </Confirm>
    </>
  );
}
