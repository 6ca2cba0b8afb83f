// The bytes of a part as files: what it carries, and as it stands in the message. Never opened, only saved.
import { ActionIcon, Button, Group, Tooltip } from '@mantine/core';
import { IconDownload, IconEyeSearch, IconFileCode } from '@tabler/icons-react';
import { originalPartUrl, partUrl, rawMessageUrl } from '../api/links';
import type { Part } from '../api/types';

type PartDownloadProps = { message: string; path: string; name?: string | null };

/** The content of a part by an icon, where there is room for no more. */
export function PartDownload({ message, path, name }: PartDownloadProps) {
  const label = `Download ${name ?? `part ${path}`}`;
  return (
    <Tooltip label="Download as inert bytes. Handle with care.">
      <ActionIcon component="a" href={partUrl(message, path)} download aria-label={label}>
        <IconDownload size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

type PartDownloadsProps = { message: string; part: Part; onAlone: (path: string) => void };

export function PartDownloads({ message, part, onAlone }: PartDownloadsProps) {
  const whole = part.path === '/';
  const content = !whole && part.hashes !== null;
  const original = !whole && (content || part.kind === 'multipart');
  if (!whole && !original) return null;
  return (
    <Group gap="xs">
      {whole && <FileButton href={rawMessageUrl(message)} label="Raw message" hint="Exactly as received" />}
      {content && (
        <FileButton
          href={partUrl(message, part.path)}
          label="Download content"
          hint="What it carries, decoded, as inert bytes. Handle with care."
        />
      )}
      {original && (
        <Tooltip label="Its own headers and its encoded body, byte for byte">
          <Button
            component="a"
            href={originalPartUrl(message, part.path)}
            download
            size="xs"
            variant="default"
            leftSection={<IconFileCode size={14} />}
          >
            As it stands in the message
          </Button>
        </Tooltip>
      )}
      {content && (
        <Tooltip label="As if it had arrived by itself">
          <Button
            size="xs"
            variant="default"
            leftSection={<IconEyeSearch size={14} />}
            onClick={() => onAlone(part.path)}
          >
            Look at it alone
          </Button>
        </Tooltip>
      )}
    </Group>
  );
}

function FileButton({ href, label, hint }: { href: string; label: string; hint: string }) {
  return (
    <Tooltip label={hint}>
      <Button
        component="a"
        href={href}
        download
        size="xs"
        variant="default"
        leftSection={<IconDownload size={14} />}
      >
        {label}
      </Button>
    </Tooltip>
  );
}
