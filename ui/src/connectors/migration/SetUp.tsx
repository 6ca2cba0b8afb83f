// The settings of the source that may follow: tried, then put beside the one in use.
import { Button, Divider, Group, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { asProblem } from '../../api/problem';
import type { Connector, ConnectorKind } from '../../api/types';
import { FormError } from '../../shared/FormError';
import { Panel } from '../../shared/Panel';
import { useStartMigration } from '../connectors';
import {
  type Draft,
  type DraftErrors,
  errorsByField,
  missingFields,
  sentSecrets,
  sentSettings,
  visibleSecrets,
} from '../wizard/draft';
import { SchemaForm } from '../wizard/SchemaForm';
import { SecretFields } from '../wizard/SecretFields';
import { schemaFields, shownPaths } from '../wizard/schemaFields';
import { TestPanel } from '../wizard/TestPanel';
import { useConnectionTest } from '../wizard/useConnectionTest';
import { Needs } from './Needs';
import type { SourceTitles } from './verdict';

type SetUpProps = {
  connector: Connector;
  /** Of the source that may follow. */
  kind: ConnectorKind;
  titles: SourceTitles;
  start: Draft;
  onDone: () => void;
  onCancel: () => void;
};

export function SetUp({ connector, kind, titles, start, onDone, onCancel }: SetUpProps) {
  const [draft, setDraft] = useState(start);
  const [errors, setErrors] = useState<DraftErrors>({});
  const [failure, setFailure] = useState<string | null>(null);
  const form = useRef<HTMLDivElement>(null);
  const change = (next: Draft) => {
    setDraft(next);
    setErrors({});
  };
  const test = useConnectionTest({ draft, kind, trusting: change });
  const begin = useStartMigration(connector.id, onDone);
  // Only errors in what is asked for here: the other settings of the connector stay as they are.
  const asked = askedFields(draft, kind);
  useEffect(() => {
    if (Object.keys(errors).length > 0) form.current?.querySelector<HTMLElement>(WRONG)?.focus();
  }, [errors]);
  const submit = () => {
    setFailure(null);
    const missing = Object.entries(missingFields(draft, kind)).filter(([field]) => asked.has(field));
    if (missing.length > 0) return setErrors(Object.fromEntries(missing));
    const { connection, folders } = sentSettings(draft, kind);
    begin.mutate(
      { kind: kind.kind, connection: connection ?? {}, folders, secrets: sentSecrets(draft, kind) },
      {
        onError: (error) => {
          const problem = asProblem(error);
          const found = errorsByField(problem.fields);
          setErrors(found);
          const elsewhere = Object.keys(found).filter((field) => !asked.has(field));
          if (problem.fields.length === 0) setFailure(problem.message);
          else setFailure(elsewhere.map((field) => `${field}: ${found[field]}`).join('; ') || null);
        },
      },
    );
  };
  return (
    <Stack gap="md" maw={760} ref={form}>
      <Text size="sm">
        {connector.settings.name} goes on with {titles.here}, unchanged, until you switch.
      </Text>
      <Needs kind={kind.kind} />
      <Panel title={`Settings for ${titles.there}`}>
        <SourceForm
          draft={draft}
          kind={kind}
          titles={titles}
          watched={connector}
          errors={errors}
          change={change}
        />
      </Panel>
      <Panel title="Test and begin">
        <Stack gap="md">
          <TestPanel test={test} />
          <Divider color="var(--line)" />
          <Text size="sm" c="dimmed">
            Side by side, {titles.there} lists the same messages and is compared with {titles.here}. It takes
            nothing and changes nothing.
          </Text>
          <FormError message={failure} />
          <Group justify="space-between">
            <Button variant="transparent" color="gray" px={0} onClick={onCancel}>
              Cancel
            </Button>
            <Button loading={begin.isPending} onClick={submit}>
              Run side by side
            </Button>
          </Group>
        </Stack>
      </Panel>
    </Stack>
  );
}

const WRONG = '[aria-invalid="true"]';

/** The fields on this page, by the names the server has for them. */
function askedFields(draft: Draft, kind: ConnectorKind): Set<string> {
  const settings = shownPaths(schemaFields(kind.settings_schema), draft.settings.connection);
  const secrets = visibleSecrets(draft, kind).map(({ name }) => `secrets.${name}`);
  const folders = draft.settings.folders.length > 0 ? ['folders'] : [];
  return new Set([...settings.map((path) => `connection.${path}`), ...secrets, ...folders]);
}

type SourceFormProps = {
  draft: Draft;
  kind: ConnectorKind;
  titles: SourceTitles;
  watched: Connector;
  errors: DraftErrors;
  change: (draft: Draft) => void;
};

function SourceForm({ draft, kind, titles, watched, errors, change }: SourceFormProps) {
  const { settings } = draft;
  const set = (patch: Partial<typeof settings>) => change({ ...draft, settings: { ...settings, ...patch } });
  return (
    <Stack gap="sm">
      <SchemaForm
        schema={kind.settings_schema}
        values={settings.connection}
        onChange={(connection) => set({ connection })}
        errors={errors}
      />
      <SecretFields
        secrets={visibleSecrets(draft, kind)}
        stored={[]}
        values={draft.secrets}
        onChange={(secrets) => change({ ...draft, secrets })}
        errors={errors}
      />
      {settings.folders.map((folder, index) => {
        const name = watched.settings.folders?.[index] ?? folder;
        return (
          <TextInput
            key={name}
            label={`Folder ${name}`}
            description={`As ${titles.there} calls it.`}
            value={folder}
            onChange={(event) => set({ folders: settings.folders.with(index, event.currentTarget.value) })}
            // The server speaks of all folders at once.
            error={index === settings.folders.length - 1 ? errors.folders : Boolean(errors.folders)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
          />
        );
      })}
    </Stack>
  );
}
