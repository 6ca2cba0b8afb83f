// Certificates trusted or pinned for one connector: pasted, uploaded, or added by the connection test.
import { ActionIcon, Button, FileButton, Group, Input, Stack, Text, Textarea, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCertificate, IconTrash, IconUpload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { certificatesIn, certificatesInFile, fingerprint } from './pem';

type CertificateListProps = {
  label: string;
  description?: string;
  value: string[];
  onChange: (value: string[]) => void;
  /** Said when there is none. */
  empty: string;
  error?: string;
  disabled?: boolean;
};

export function CertificateList({
  label,
  description,
  value,
  onChange,
  empty,
  error,
  disabled,
}: CertificateListProps) {
  const [pasting, paste] = useDisclosure(false);
  const [refused, setRefused] = useState<string | null>(null);
  const add = (certificates: string[]): boolean => {
    const found = certificates.filter((pem) => !value.includes(pem));
    setRefused(found.length > 0 ? null : 'No new certificate was found there.');
    if (found.length > 0) onChange([...value, ...found]);
    return found.length > 0;
  };
  const addFile = async (file: File | null) => {
    if (file) add(certificatesInFile(new Uint8Array(await file.arrayBuffer())));
  };
  return (
    <Input.Wrapper label={label} description={description} error={error ?? refused} labelElement="div">
      <Stack gap={6} mt={4}>
        {value.map((pem) => (
          <CertificateRow
            key={pem}
            pem={pem}
            disabled={disabled}
            onRemove={() => onChange(value.filter((other) => other !== pem))}
          />
        ))}
        {value.length === 0 && (
          <Text size="sm" c="dimmed">
            {empty}
          </Text>
        )}
        {!disabled && (
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={paste.toggle} aria-expanded={pasting}>
              Paste PEM
            </Button>
            <FileButton accept=".pem,.crt,.cer,.der" onChange={addFile}>
              {(props) => (
                <Button size="xs" variant="default" leftSection={<IconUpload size={14} />} {...props}>
                  Upload a file
                </Button>
              )}
            </FileButton>
          </Group>
        )}
        {pasting && <PasteBox onAdd={(text) => add(certificatesIn(text)) && paste.close()} />}
      </Stack>
    </Input.Wrapper>
  );
}

function PasteBox({ onAdd }: { onAdd: (text: string) => void }) {
  const [text, setText] = useState('');
  return (
    <Stack gap={6}>
      <Textarea
        aria-label="Certificate in PEM form"
        placeholder="-----BEGIN CERTIFICATE-----"
        autosize
        minRows={4}
        maxRows={10}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12 } }}
      />
      <Button size="xs" w="fit-content" disabled={!text.trim()} onClick={() => onAdd(text)}>
        Add certificate
      </Button>
    </Stack>
  );
}

function CertificateRow({
  pem,
  onRemove,
  disabled,
}: {
  pem: string;
  onRemove: () => void;
  disabled?: boolean;
}) {
  const print = useQuery({
    queryKey: ['fingerprint', pem],
    queryFn: () => fingerprint(pem),
    staleTime: Number.POSITIVE_INFINITY,
    // Without a secure context the browser computes no digests.
    enabled: globalThis.crypto?.subtle !== undefined,
    retry: false,
  });
  const text = print.data ?? (print.isError ? 'Not a readable certificate' : 'Certificate');
  return (
    <Group gap="xs" wrap="nowrap">
      <IconCertificate size={18} style={{ flex: 'none' }} aria-hidden />
      <Text size="xs" className="mono breakable" style={{ flex: 1 }}>
        {print.data && 'SHA-256 '}
        {text}
      </Text>
      {!disabled && (
        <Tooltip label="No longer trust this certificate">
          <ActionIcon color="red" onClick={onRemove} aria-label={`Remove certificate ${text}`}>
            <IconTrash size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </Group>
  );
}
