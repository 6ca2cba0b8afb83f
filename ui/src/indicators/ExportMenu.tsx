// Gives indicators out: to the clipboard, defanged by default, and as documents for other programs.
import { Button, Menu } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconChevronDown, IconCopy, IconDownload } from '@tabler/icons-react';
import { count } from '../shared/format';
import { type ExportFormat, type ExportOf, exportUrl } from './indicators';
import type { Row } from './indicatorWords';

export function CopyAll({ rows }: { rows: Row[] }) {
  const clipboard = useClipboard({ timeout: 1500 });
  const values = (defanged: boolean) => rows.map((row) => (defanged ? row.defanged : row.value)).join('\n');
  return (
    <Button.Group>
      <Button
        size="xs"
        variant="default"
        disabled={rows.length === 0}
        onClick={() => clipboard.copy(values(true))}
        leftSection={clipboard.copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
      >
        {clipboard.copied ? 'Copied' : `Copy ${count(rows.length)} defanged`}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="xs" variant="default" px={6} aria-label="Other ways to copy">
            <IconChevronDown size={14} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => clipboard.copy(values(true))}>Copy defanged</Menu.Item>
          <Menu.Item onClick={() => clipboard.copy(values(false))}>Copy as they are</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Button.Group>
  );
}

const DOCUMENTS: { label: string; format: ExportFormat; defanged: boolean }[] = [
  { label: 'Text, defanged', format: 'text', defanged: true },
  { label: 'CSV, defanged', format: 'csv', defanged: true },
  { label: 'Text, as they are', format: 'text', defanged: false },
  { label: 'CSV, as they are', format: 'csv', defanged: false },
  { label: 'STIX 2.1 bundle', format: 'stix', defanged: true },
  { label: 'MISP event', format: 'misp', defanged: true },
];

export function ExportMenu({ of }: { of: ExportOf }) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={14} />}
          rightSection={<IconChevronDown size={14} />}
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {DOCUMENTS.map(({ label, format, defanged }) => (
          <Menu.Item key={label} component="a" href={exportUrl(of, format, defanged, Date.now())} download>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
