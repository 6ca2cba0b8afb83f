// What a connector is called and of which kind it is.
import { Select, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import type { ConnectorKind } from '../../api/types';
import { slug } from '../../shared/format';
import { withKind } from './draft';
import type { StepProps } from './steps';

export function GeneralStep({ draft, change, kinds, errors, isNew }: StepProps & { kinds: ConnectorKind[] }) {
  const { settings } = draft;
  const set = (patch: Partial<typeof settings>) => change({ ...draft, settings: { ...settings, ...patch } });
  const rename = (name: string) => {
    const followsName = isNew && settings.api_name === slug(settings.name);
    set({ name, ...(followsName ? { api_name: slug(name) } : {}) });
  };
  const kind = kinds.find((each) => each.kind === settings.kind);
  const chooseKind = (value: string | null) => {
    const next = kinds.find((each) => each.kind === value);
    if (next && next.kind !== settings.kind) change(withKind(draft, next));
  };
  return (
    <Stack gap="sm">
      <TextInput
        label="Actuator"
        value="email"
        readOnly
        description="Takes e-mail from a mailbox."
        variant="filled"
      />
      <Select
        label="Type"
        description={kind?.description}
        data={kinds.map((each) => ({ value: each.kind, label: each.title }))}
        value={settings.kind}
        allowDeselect={false}
        disabled={!isNew}
        onChange={chooseKind}
      />
      <TextInput
        label="Name"
        withAsterisk
        placeholder="Phishing reports"
        value={settings.name}
        onChange={(event) => rename(event.currentTarget.value)}
        error={errors.name}
        maxLength={100}
        data-autofocus
      />
      <TextInput
        label="API name"
        description="Stable name for scripts and files: lower-case letters, digits, - and _."
        withAsterisk
        value={settings.api_name}
        onChange={(event) => set({ api_name: event.currentTarget.value })}
        error={errors.api_name}
        maxLength={64}
        spellCheck={false}
      />
      <Textarea
        label="Description"
        autosize
        minRows={2}
        value={settings.description}
        onChange={(event) => set({ description: event.currentTarget.value })}
        error={errors.description}
      />
      <Switch
        label="Active"
        description="Watches the mailbox as soon as it is saved."
        checked={draft.active}
        onChange={(event) => change({ ...draft, active: event.currentTarget.checked })}
      />
    </Stack>
  );
}
