// How far each folder was listed: what the next listing starts from.
import { Group, Table, Text } from '@mantine/core';
import type { Connector } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { Panel } from '../shared/Panel';
import { Time } from '../shared/Time';

export function FolderCursors({ folders }: Pick<Connector, 'folders'>) {
  return (
    <Panel title="Cursor">
      {folders.length === 0 ? (
        <Text size="sm" c="dimmed">
          No folder was listed yet.
        </Text>
      ) : (
        <Table fz="sm" verticalSpacing={4} layout="fixed" aria-label="Cursor of each folder">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="30%">Folder</Table.Th>
              <Table.Th>Listed up to</Table.Th>
              <Table.Th w={110}>Moved</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {folders.map(({ folder, cursor, updated_at }) => (
              <Table.Tr key={folder}>
                <Table.Td className="breakable">{folder}</Table.Td>
                <Table.Td>
                  <Group gap={4} wrap="nowrap">
                    <Text span size="xs" truncate className="mono" title={cursor}>
                      {cursor}
                    </Text>
                    <CopyButton value={cursor} label={`Copy the cursor of ${folder}`} />
                  </Group>
                </Table.Td>
                <Table.Td>
                  <Time at={updated_at} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Panel>
  );
}
