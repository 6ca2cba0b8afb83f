// The parts a message is made of, as a tree.
import { ActionIcon, Badge, Group, Stack, Text, Tooltip } from '@mantine/core';
import {
  IconDownload,
  IconFile,
  IconFileText,
  IconFolder,
  IconMail,
  IconPaperclip,
  IconPhoto,
  type IconProps,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { partUrl } from '../api/links';
import type { Part } from '../api/types';
import { byteSize } from '../shared/format';
import { DefectList } from './DefectList';
import { HashList } from './HashList';
import classes from './PartsTree.module.css';

const ICONS: Record<Part['kind'], ComponentType<IconProps>> = {
  multipart: IconFolder,
  message: IconMail,
  body: IconFileText,
  inline: IconPhoto,
  attachment: IconPaperclip,
};

export function countParts(part: Part): number {
  return part.children.reduce((sum, child) => sum + countParts(child), 1);
}

export function PartsTree({ message, root }: { message: string; root: Part }) {
  return (
    <ul className={classes.tree} aria-label="Parts of the message">
      <Node message={message} part={root} />
    </ul>
  );
}

function Node({ message, part }: { message: string; part: Part }) {
  const Icon = ICONS[part.kind] ?? IconFile;
  const name = part.name ?? part.envelope?.subject;
  const differs = part.sniffed_type && part.sniffed_type !== part.content_type;
  const downloadable = part.kind !== 'multipart' && part.path !== '/';
  return (
    <li className={classes.node}>
      <div className={classes.part}>
        <Icon size={16} className={classes.icon} aria-hidden />
        <Stack gap={2} style={{ minWidth: 0, flex: 1 }}>
          <Group gap="xs" wrap="wrap">
            <Text span size="sm" c="dimmed" className="mono">
              {part.path}
            </Text>
            {name && (
              <Text span size="sm" fw={600} className="breakable">
                {name}
              </Text>
            )}
            <Text span size="sm" className="mono breakable">
              {part.content_type}
            </Text>
            {differs && (
              <Tooltip label="What the first bytes say the content is">
                <Badge color="orange">looks like {part.sniffed_type}</Badge>
              </Tooltip>
            )}
            {part.kind !== 'multipart' && (
              <Text span size="sm" c="dimmed">
                {byteSize(part.size)}
              </Text>
            )}
            {part.charset && (
              <Text span size="xs" c="dimmed">
                {part.charset}
              </Text>
            )}
            {part.encoding && (
              <Text span size="xs" c="dimmed">
                {part.encoding}
              </Text>
            )}
          </Group>
          {part.hashes && <HashList hashes={part.hashes} />}
          {part.defects.length > 0 && <DefectList defects={part.defects} />}
        </Stack>
        {downloadable && (
          <PartDownload message={message} path={part.path} name={part.safe_name ?? part.name} />
        )}
      </div>
      {part.children.length > 0 && (
        <ul className={classes.children}>
          {part.children.map((child) => (
            <Node key={child.path} message={message} part={child} />
          ))}
        </ul>
      )}
    </li>
  );
}

export function PartDownload({
  message,
  path,
  name,
}: {
  message: string;
  path: string;
  name?: string | null;
}) {
  const label = `Download ${name ?? `part ${path}`}`;
  return (
    <Tooltip label="Download as inert bytes. Handle with care.">
      <ActionIcon component="a" href={partUrl(message, path)} download aria-label={label}>
        <IconDownload size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
