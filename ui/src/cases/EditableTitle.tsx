// Renames a case.
import { Button, Group, Popover, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil } from '@tabler/icons-react';
import { useState } from 'react';
import { useUpdateCase } from './cases';

export function EditableTitle({ id, title }: { id: string; title: string }) {
  const [opened, popover] = useDisclosure(false);
  const [text, setText] = useState(title);
  const update = useUpdateCase(id);
  const save = () => update.mutate({ title: text.trim() }, { onSuccess: popover.close });
  return (
    <Popover
      opened={opened}
      onDismiss={popover.close}
      position="bottom-end"
      width={360}
      trapFocus
      shadow="md"
    >
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPencil size={14} />}
          onClick={() => {
            setText(title);
            popover.toggle();
          }}
        >
          Rename
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <Stack gap="xs">
            <TextInput
              label="Title"
              value={text}
              maxLength={300}
              onChange={(event) => setText(event.currentTarget.value)}
              data-autofocus
            />
            <Group justify="flex-end" gap="xs">
              <Button size="xs" variant="default" onClick={popover.close}>
                Cancel
              </Button>
              <Button size="xs" type="submit" disabled={!text.trim()} loading={update.isPending}>
                Save
              </Button>
            </Group>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
