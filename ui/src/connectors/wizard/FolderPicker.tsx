// Folders to watch: ticked in the live list of the server, or typed.
import {
  Alert,
  Badge,
  Button,
  Checkbox,
  Group,
  Loader,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import { IconAlertTriangle, IconRefresh, IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { asProblem } from '../../api/problem';
import type { Folder } from '../../api/types';
import classes from './FolderPicker.module.css';
import type { LiveFolders } from './useLiveFolders';

type FolderPickerProps = {
  value: string[];
  onChange: (value: string[]) => void;
  live: LiveFolders;
  defaultFolder: string;
  /** Whether enough is known to ask the server without being told to. */
  ready: boolean;
  error?: string;
};

/** Below this number of folders a filter is in the way. */
const FILTER_FROM = 12;

export function FolderPicker({ value, onChange, live, defaultFolder, ready, error }: FolderPickerProps) {
  const askNow = ready && !live.asked;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for each account
  useEffect(() => {
    if (askNow) live.load();
  }, [askNow]);
  return (
    <Stack gap="sm">
      <TagsInput
        label="Watched folders"
        description={`Full paths. When none is chosen, ${defaultFolder} is watched.`}
        placeholder={value.length === 0 ? defaultFolder : ''}
        value={value}
        onChange={onChange}
        error={error}
        clearable
      />
      <Group justify="space-between">
        <Text size="sm" fw={500}>
          On the server
        </Text>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={14} />}
          loading={live.loading}
          onClick={live.load}
        >
          List folders
        </Button>
      </Group>
      <LiveList value={value} onChange={onChange} live={live} />
    </Stack>
  );
}

function LiveList({ value, onChange, live }: Pick<FolderPickerProps, 'value' | 'onChange' | 'live'>) {
  const [filter, setFilter] = useState('');
  if (live.error) {
    return (
      <Alert color="orange" icon={<IconAlertTriangle />} title="The folders could not be listed" role="alert">
        {asProblem(live.error).message} The connection test shows the step that fails. Folders can also be
        typed above.
      </Alert>
    );
  }
  if (!live.folders) {
    return live.loading ? (
      <Loader size="sm" aria-label="Listing folders" />
    ) : (
      <Text size="sm" c="dimmed">
        Not listed yet.
      </Text>
    );
  }
  const shown = live.folders.filter((folder) =>
    folder.path.toLowerCase().includes(filter.trim().toLowerCase()),
  );
  const toggle = (path: string, watch: boolean) =>
    onChange(watch ? [...value, path] : value.filter((each) => each !== path));
  return (
    <Stack gap="xs">
      {live.folders.length >= FILTER_FROM && (
        <TextInput
          aria-label="Filter folders"
          placeholder="Filter"
          size="xs"
          leftSection={<IconSearch size={14} />}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      <fieldset className={classes.list} aria-label="Folders on the server">
        {shown.map((folder) => (
          <FolderRow
            key={folder.path}
            folder={folder}
            watched={value.includes(folder.path)}
            onToggle={(watch) => toggle(folder.path, watch)}
          />
        ))}
        {shown.length === 0 && (
          <Text size="sm" c="dimmed" p="xs">
            No folder matches.
          </Text>
        )}
      </fieldset>
    </Stack>
  );
}

type FolderRowProps = { folder: Folder; watched: boolean; onToggle: (watch: boolean) => void };

function FolderRow({ folder, watched, onToggle }: FolderRowProps) {
  const depth = folder.delimiter ? folder.path.split(folder.delimiter).length - 1 : 0;
  return (
    <Group gap="xs" wrap="nowrap" pl={depth * 18} className={classes.row}>
      <Checkbox
        label={folder.path}
        checked={watched}
        disabled={!folder.selectable}
        onChange={(event) => onToggle(event.currentTarget.checked)}
      />
      {folder.role && (
        <Badge color="gray" size="sm">
          {folder.role}
        </Badge>
      )}
    </Group>
  );
}
