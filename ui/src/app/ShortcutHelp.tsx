// The list of keys.
import { Group, Kbd, Modal, Stack, Text } from '@mantine/core';

const SHORTCUTS: [string[], string][] = [
  [['g', 'i'], 'Go to the inbox'],
  [['g', 'c'], 'Go to cases'],
  [['g', 's'], 'Go to settings'],
  [['Ctrl', 'K'], 'Jump to a page'],
  [['/'], 'Search the list'],
  [['j'], 'Next row'],
  [['k'], 'Previous row'],
  [['Enter'], 'Open the row'],
  [['Esc'], 'Close, or back to the list'],
  [['?'], 'This help'],
];

export function ShortcutHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={<Text fw={600}>Keyboard</Text>} size="sm">
      <Stack gap="xs">
        {SHORTCUTS.map(([pressed, meaning]) => (
          <Group key={meaning} justify="space-between">
            <Text size="sm">{meaning}</Text>
            <Group gap={4}>
              {pressed.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </Group>
          </Group>
        ))}
      </Stack>
    </Modal>
  );
}
