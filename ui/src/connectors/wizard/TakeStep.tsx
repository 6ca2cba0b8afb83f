// Which messages are taken, and what is done to them on the server afterwards.
import { Autocomplete, Group, NumberInput, Radio, Stack, TextInput } from '@mantine/core';
import type { DraftSettings } from './draft';
import type { StepProps } from './steps';
import type { LiveFolders } from './useLiveFolders';

export function TakeStep({ draft, change, errors, live }: StepProps & { live: LiveFolders }) {
  const { settings } = draft;
  const set = (patch: Partial<DraftSettings>) => change({ ...draft, settings: { ...settings, ...patch } });
  return (
    <Stack gap="md">
      <Radio.Group
        label="Fetch"
        value={settings.fetch}
        onChange={(fetch) => set({ fetch: fetch as DraftSettings['fetch'] })}
      >
        <Stack gap={6} mt={6}>
          <Radio
            value="everything"
            label="Everything new"
            description="Every message that arrives, read or not. Mail moved into the folder later is new as well."
          />
          <Radio value="unseen" label="Unseen" description="Only messages that are unread on the server." />
        </Stack>
      </Radio.Group>
      {settings.fetch === 'everything' && (
        <BackfillChoice settings={settings} set={set} error={errors['backfill.date']} />
      )}
      <DispositionChoice settings={settings} set={set} error={errors['disposition.folder']} live={live} />
      <Group grow align="flex-start">
        <NumberInput
          label="Poll every"
          description="Servers that announce new mail are heard at once, in the first five folders."
          suffix=" s"
          min={5}
          max={86_400}
          clampBehavior="none"
          allowDecimal={false}
          value={settings.poll_seconds}
          onChange={(value) => set({ poll_seconds: Number(value) })}
          error={errors.poll_seconds}
        />
        <NumberInput
          label="Alarm after"
          description="Without a successful poll for so long."
          suffix=" min"
          min={1}
          clampBehavior="none"
          allowDecimal={false}
          value={settings.alarm_after_minutes}
          onChange={(value) => set({ alarm_after_minutes: Number(value) })}
          error={errors.alarm_after_minutes}
        />
      </Group>
    </Stack>
  );
}

type ChoiceProps = {
  settings: DraftSettings;
  set: (patch: Partial<DraftSettings>) => void;
  error?: string;
};

function BackfillChoice({ settings, set, error }: ChoiceProps) {
  const { backfill } = settings;
  const choose = (take: string) => {
    if (take === 'since') set({ backfill: { take, date: '' } });
    else set({ backfill: { take: take as 'unread' | 'all' } });
  };
  return (
    <Stack gap="xs">
      <Radio.Group label="The first time, take" value={backfill.take} onChange={choose}>
        <Stack gap={6} mt={6}>
          <Radio value="unread" label="What is unread" />
          <Radio value="all" label="Everything in the folders" />
          <Radio value="since" label="Everything received since a day" />
        </Stack>
      </Radio.Group>
      {backfill.take === 'since' && (
        <TextInput
          type="date"
          label="Since (UTC)"
          w={180}
          value={backfill.date}
          onChange={(event) => set({ backfill: { take: 'since', date: event.currentTarget.value } })}
          error={error}
        />
      )}
    </Stack>
  );
}

function DispositionChoice({ settings, set, error, live }: ChoiceProps & { live: LiveFolders }) {
  const { disposition } = settings;
  const choose = (action: string) => {
    if (action === 'move') set({ disposition: { action, folder: '' } });
    else set({ disposition: { action: action as 'mark_read' | 'delete' | 'keep' } });
  };
  const folders = live.folders?.filter((folder) => folder.selectable).map((folder) => folder.path) ?? [];
  return (
    <Stack gap="xs">
      <Radio.Group
        label="On the server, when a message is safe here"
        value={disposition.action}
        onChange={choose}
      >
        <Stack gap={6} mt={6}>
          <Radio value="mark_read" label="Mark it read" />
          <Radio value="move" label="Move it to a folder" />
          <Radio value="delete" label="Delete it" />
          <Radio value="keep" label="Leave it as it is" />
        </Stack>
      </Radio.Group>
      {disposition.action === 'move' && (
        <Autocomplete
          label="Move to"
          withAsterisk
          data={folders}
          value={disposition.folder}
          onChange={(folder) => set({ disposition: { action: 'move', folder } })}
          error={error}
          maw={360}
        />
      )}
    </Stack>
  );
}
