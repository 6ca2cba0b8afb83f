// The list of keys.
import { Group, Kbd, Modal, Stack, Text } from '@mantine/core';
import { Fragment } from 'react';

/** Keys, what stands between them, and what they do. */
const SHORTCUTS: { keys: string[]; between?: 'then' | 'or' | '+'; does: string }[] = [
  { keys: ['/'], does: 'Search the list' },
  { keys: ['j', '↓'], between: 'or', does: 'Next row' },
  { keys: ['k', '↑'], between: 'or', does: 'Previous row' },
  { keys: ['Enter'], does: 'Open the row' },
  { keys: ['←', '→'], between: 'or', does: 'Close or open a part of the tree' },
  { keys: ['m', 'b', 'o'], between: 'or', does: 'Mark the indicator malicious, benign, own' },
  { keys: ['Esc'], does: 'Close, or back to the list' },
  { keys: ['g', 'i'], between: 'then', does: 'Go to the inbox' },
  { keys: ['g', 'c'], between: 'then', does: 'Go to cases' },
  { keys: ['g', 'n'], between: 'then', does: 'Go to indicators' },
  { keys: ['g', 'a'], between: 'then', does: 'Analyse a file' },
  { keys: ['g', 's'], between: 'then', does: 'Go to settings' },
  { keys: ['Ctrl', 'K'], between: '+', does: 'Jump to a page' },
  { keys: ['?'], does: 'This help' },
];

export function ShortcutHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={<Text fw={600}>Keyboard</Text>} size="sm">
      <Stack gap="xs">
        {SHORTCUTS.map(({ keys, between, does }) => (
          <Group key={does} justify="space-between">
            <Text size="sm">{does}</Text>
            <Group gap={5}>
              {keys.map((key, position) => (
                <Fragment key={key}>
                  {position > 0 && (
                    <Text size="xs" c="dimmed">
                      {between}
                    </Text>
                  )}
                  <Kbd>{key}</Kbd>
                </Fragment>
              ))}
            </Group>
          </Group>
        ))}
      </Stack>
    </Modal>
  );
}
