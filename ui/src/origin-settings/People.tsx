// People in whose name others may write.
import { ActionIcon, Button, Group, Input, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { OriginSettings } from '../api/types';

export function People({ form }: { form: UseFormReturnType<OriginSettings> }) {
  const { people } = form.values;
  return (
    <Input.Wrapper
      labelElement="div"
      label="Own people"
      description="Mail under the name of one of them from another address is marked. Addresses in own domains need not be named."
      error={form.errors.people}
    >
      <Stack gap="xs" mt={6}>
        {people.length === 0 && (
          <Text size="sm" c="dimmed">
            Nobody is named. Those who can order payments are the first to be imitated.
          </Text>
        )}
        {people.map((person, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: people have no identity but their position
          <Row key={at} form={form} person={person} at={at} />
        ))}
        <Button
          variant="default"
          size="xs"
          w="fit-content"
          leftSection={<IconPlus size={14} />}
          onClick={() => form.insertListItem('people', { name: '', addresses: [] })}
        >
          Add a person
        </Button>
      </Stack>
    </Input.Wrapper>
  );
}

type RowProps = {
  form: UseFormReturnType<OriginSettings>;
  person: OriginSettings['people'][number];
  at: number;
};

function Row({ form, person, at }: RowProps) {
  return (
    <Group align="flex-start" gap="xs" wrap="nowrap">
      <Group align="flex-start" gap="xs" style={{ flex: 1 }}>
        <TextInput
          aria-label={`Name of person ${at + 1}`}
          placeholder="Jane Doe"
          style={{ flex: '1 1 180px' }}
          {...form.getInputProps(`people.${at}.name`)}
        />
        <TagsInput
          aria-label={`Further addresses of person ${at + 1}`}
          placeholder={person.addresses.length === 0 ? 'Further addresses' : undefined}
          style={{ flex: '2 1 240px' }}
          {...form.getInputProps(`people.${at}.addresses`)}
        />
      </Group>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={36}
        aria-label={`Remove ${person.name || `person ${at + 1}`}`}
        onClick={() => form.removeListItem('people', at)}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </Group>
  );
}
