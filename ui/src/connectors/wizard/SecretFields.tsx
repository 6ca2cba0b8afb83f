// Secrets can be set and replaced, never read.
import { Button, FileInput, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { IconLock, IconUpload } from '@tabler/icons-react';
import { useState } from 'react';
import type { SecretField } from '../../api/types';
import type { Draft, DraftErrors } from './draft';
import { secretOfFile } from './pem';

type SecretFieldsProps = {
  secrets: SecretField[];
  stored: string[];
  values: Draft['secrets'];
  onChange: (values: Draft['secrets']) => void;
  errors: DraftErrors;
};

export function SecretFields({ secrets, stored, values, onChange, errors }: SecretFieldsProps) {
  const set = (name: string, value: string | null | undefined) => {
    const { [name]: _, ...others } = values;
    onChange(value === undefined ? others : { ...others, [name]: value });
  };
  return (
    <Stack gap="sm">
      {secrets.map((secret) => (
        <SecretInput
          key={secret.name}
          secret={secret}
          isStored={stored.includes(secret.name)}
          value={values[secret.name]}
          onChange={(value) => set(secret.name, value)}
          error={errors[`secrets.${secret.name}`]}
        />
      ))}
    </Stack>
  );
}

type SecretInputProps = {
  secret: SecretField;
  isStored: boolean;
  value: string | null | undefined;
  onChange: (value: string | null | undefined) => void;
  error?: string;
};

function SecretInput({ secret, isStored, value, onChange, error }: SecretInputProps) {
  if (isStored && value === undefined) {
    return (
      <Stack gap={4}>
        <Text size="sm" fw={500}>
          {secret.title}
        </Text>
        <Group gap="xs">
          <IconLock size={16} aria-hidden />
          <Text size="sm" c="dimmed">
            Stored, kept as it is
          </Text>
          <Button size="compact-xs" variant="default" onClick={() => onChange('')}>
            Replace
          </Button>
          {secret.optional && (
            <Button size="compact-xs" variant="subtle" color="red" onClick={() => onChange(null)}>
              Remove
            </Button>
          )}
        </Group>
      </Stack>
    );
  }
  const common = {
    label: secret.title,
    description: value === null ? 'Will be removed when you save.' : secret.description,
    withAsterisk: !secret.optional,
    error,
  };
  return (
    <Stack gap={4}>
      {secret.file ? (
        <SecretFile {...common} chosen={Boolean(value)} onChange={onChange} />
      ) : (
        <PasswordInput
          {...common}
          value={value ?? ''}
          onChange={(event) => onChange(event.currentTarget.value)}
          autoComplete="new-password"
        />
      )}
      {isStored && (
        <Button size="compact-xs" variant="default" w="fit-content" onClick={() => onChange(undefined)}>
          Keep the stored one
        </Button>
      )}
    </Stack>
  );
}

type SecretFileProps = {
  label: string;
  description: string;
  withAsterisk: boolean;
  error?: string;
  chosen: boolean;
  onChange: (value: string) => void;
};

function SecretFile({ chosen, onChange, error, ...common }: SecretFileProps) {
  const [file, setFile] = useState<File | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const choose = async (next: File | null) => {
    const secret = next ? secretOfFile(new Uint8Array(await next.arrayBuffer())) : '';
    setRefused(secret === null ? 'The file is too large for a certificate with its key.' : null);
    setFile(secret ? next : null);
    onChange(secret ?? '');
  };
  return (
    <FileInput
      {...common}
      clearable
      value={file}
      onChange={choose}
      placeholder={chosen ? 'A file was chosen' : 'Choose a file'}
      leftSection={<IconUpload size={16} />}
      error={error ?? refused}
    />
  );
}
