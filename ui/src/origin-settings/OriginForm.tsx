// The form of what is the organization's own.
import { Button, Checkbox, Group, Stack, Switch, TagsInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { asProblem } from '../api/problem';
import type { OriginSettings, OriginSettingsView } from '../api/types';
import { FormError } from '../shared/FormError';
import { Panel } from '../shared/Panel';
import { errorsByField, useSaveOriginSettings } from './originSettings';
import { People } from './People';

export function OriginForm({ kept }: { kept: OriginSettingsView }) {
  // As they were when the form was opened: a change by somebody else since then must be noticed.
  const [revision, setRevision] = useState(kept.revision);
  const [failure, setFailure] = useState<string | null>(null);
  const form = useForm<OriginSettings>({ initialValues: kept.settings });
  const save = useSaveOriginSettings(revision, (saved) => {
    setRevision(saved.revision);
    form.setInitialValues(saved.settings);
    form.setValues(saved.settings);
    form.resetDirty(saved.settings);
  });
  const submit = form.onSubmit((settings) => {
    setFailure(null);
    save.mutate(settings, {
      onError: (error) => {
        const problem = asProblem(error);
        form.setErrors(errorsByField(problem.fields));
        setFailure(
          problem.fields.length > 0 ? 'Some entries are not right; nothing was changed.' : problem.message,
        );
      },
    });
  });
  const { authserv_ids: ids, dns } = form.values;
  return (
    <form onSubmit={submit} noValidate aria-label="Own domains">
      <Stack gap="md">
        <FormError message={failure} />
        <Panel title="What others imitate">
          <Stack>
            <TagsInput
              label="Own domains"
              description="Each with everything below it. Names that look like one of them are marked, and mail that claims to be from one without proof; among indicators they count as own."
              placeholder="example.org"
              {...form.getInputProps('domains')}
            />
            <People form={form} />
          </Stack>
        </Panel>
        <Panel title="Whom to believe">
          <Stack>
            <TagsInput
              label="Names of own servers"
              description="As they write them at the start of Authentication-Results. What other servers write there is shown as a claim."
              placeholder="mx.example.org"
              {...form.getInputProps('authserv_ids')}
              value={ids.filter((id) => id !== '')}
              onChange={(named) =>
                form.setFieldValue('authserv_ids', ids.includes('') ? [...named, ''] : named)
              }
            />
            <Checkbox
              label="Believe results that name no server"
              description="As Exchange writes them. Only for mailboxes behind Exchange or Microsoft 365."
              checked={ids.includes('')}
              onChange={(event) => {
                const named = ids.filter((id) => id !== '');
                form.setFieldValue('authserv_ids', event.currentTarget.checked ? [...named, ''] : named);
              }}
            />
            <TagsInput
              label="Own networks"
              description="In which own servers hand mail to each other, besides private addresses. What came from elsewhere came from outside."
              placeholder="192.0.2.0/24"
              {...form.getInputProps('networks')}
            />
          </Stack>
        </Panel>
        <Panel title="Verification">
          <Stack>
            <Switch
              label="Verify senders with the DNS"
              description="Mailcase checks DKIM, ARC, SPF and DMARC itself when a message comes, and when somebody analyses a file or opens an attached message by itself. It asks name servers for names that senders choose: who runs those domains may see that mail of theirs arrived."
              {...form.getInputProps('dns', { type: 'checkbox' })}
            />
            {dns && (
              <TagsInput
                label="Name servers"
                description="Asked instead of those of the system this server runs on. Leave it empty unless there is a reason."
                placeholder="192.0.2.53"
                {...form.getInputProps('resolvers')}
              />
            )}
          </Stack>
        </Panel>
        <Group justify="flex-end">
          <Button variant="default" disabled={!form.isDirty()} onClick={() => form.reset()}>
            Discard changes
          </Button>
          <Button type="submit" disabled={!form.isDirty()} loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
