// What cases made from this mailbox start with.
import { Radio, Select, Stack, TagsInput, TextInput } from '@mantine/core';
import type { Severity } from '../../api/types';
import { SEVERITIES } from '../../cases/cases';
import { useMe } from '../../session/session';
import type { DraftSettings } from './draft';
import type { StepProps } from './steps';

export function CaseStep({ draft, change, errors }: StepProps) {
  const { organization } = useMe();
  const { case_defaults, automatic_mail } = draft.settings;
  const set = (patch: Partial<DraftSettings>) =>
    change({ ...draft, settings: { ...draft.settings, ...patch } });
  const setDefaults = (patch: Partial<typeof case_defaults>) =>
    set({ case_defaults: { ...case_defaults, ...patch } });
  return (
    <Stack gap="sm">
      <Select
        label="Severity"
        data={SEVERITIES}
        value={case_defaults.severity}
        allowDeselect={false}
        onChange={(severity) => severity && setDefaults({ severity: severity as Severity })}
        maw={220}
      />
      <TagsInput
        label="Tags"
        placeholder={case_defaults.tags.length === 0 ? 'Enter adds a tag' : ''}
        value={case_defaults.tags}
        onChange={(tags) => setDefaults({ tags })}
        error={errors['case_defaults.tags']}
        maxLength={64}
      />
      <TextInput
        label="Access list"
        placeholder={`${organization.name} case defaults`}
        value={case_defaults.acl ?? ''}
        onChange={(event) =>
          setDefaults({ acl: event.currentTarget.value.trim() ? event.currentTarget.value : null })
        }
        error={errors['case_defaults.acl']}
      />
      <Radio.Group
        label="Automatic mail that answers no case"
        description="Bounces, out-of-office answers and the like. Where they answer a case they always join it."
        value={automatic_mail}
        onChange={(value) => set({ automatic_mail: value as DraftSettings['automatic_mail'] })}
      >
        <Stack gap={6} mt={6}>
          <Radio value="keep" label="Keep it without a case" />
          <Radio value="case" label="Make a case of it" />
        </Stack>
      </Radio.Group>
    </Stack>
  );
}
