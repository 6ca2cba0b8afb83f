// The way to a connector, new or changed: six steps of settings, then a test.
import { Alert, Button, Group, Paper, Stack, Stepper, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconInfoCircle } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { asProblem } from '../../api/problem';
import type { Connector, ConnectorKind } from '../../api/types';
import { FormError } from '../../shared/FormError';
import { NARROW } from '../../shared/list/DataTable';
import { CaseStep } from './CaseStep';
import classes from './ConnectorWizard.module.css';
import {
  type Draft,
  type DraftErrors,
  errorsByField,
  missingFields,
  STEPS,
  type StepName,
  stepOf,
  visibleSecrets,
} from './draft';
import { FilterStep } from './FilterStep';
import { FolderPicker } from './FolderPicker';
import { GeneralStep } from './GeneralStep';
import { SchemaForm } from './SchemaForm';
import { SecretFields } from './SecretFields';
import { TakeStep } from './TakeStep';
import { type ConnectionTest, TestPanel } from './TestPanel';
import { useConnectionTest } from './useConnectionTest';
import { useLiveFolders } from './useLiveFolders';

const TITLES: Record<StepName, string> = {
  general: 'General',
  connection: 'Connection',
  folders: 'Folders',
  take: 'What to take',
  filter: 'Pre-filter',
  case: 'Case defaults',
  test: 'Test & save',
};

type ConnectorWizardProps = {
  start: Draft;
  kinds: ConnectorKind[];
  /** The connector that is changed; absent for a new one. */
  existing?: Connector;
  save: (draft: Draft, kind: ConnectorKind) => Promise<unknown>;
  onCancel: () => void;
};

export function ConnectorWizard({ start, kinds, existing, save, onCancel }: ConnectorWizardProps) {
  const [draft, setDraft] = useState(start);
  const [step, setStep] = useState<StepName>('general');
  const [errors, setErrors] = useState<DraftErrors>({});
  const [failure, setFailure] = useState<string | null>(null);
  const narrow = useMediaQuery(NARROW);
  const kind = kinds.find((each) => each.kind === draft.settings.kind);
  const readOnly = existing?.origin.from === 'file';

  const showErrors = (found: DraftErrors): boolean => {
    setErrors(found);
    const first = STEPS.find((name) => Object.keys(found).some((field) => stepOf(field) === name));
    if (first) setStep(first);
    return first !== undefined;
  };
  const saving = useMutation({ mutationFn: (known: ConnectorKind) => save(draft, known) });
  if (!kind) return <FormError message={`This server knows no connector type "${draft.settings.kind}".`} />;

  const submit = () => {
    setFailure(null);
    if (showErrors(missingFields(draft, kind))) return;
    saving.mutate(kind, {
      onError: (error) => {
        const problem = asProblem(error);
        if (!showErrors(errorsByField(problem.fields))) setFailure(problem.message);
      },
    });
  };
  const change = (next: Draft) => {
    setDraft(next);
    setErrors({});
  };
  const position = STEPS.indexOf(step);
  const isNew = !existing;
  const common = { draft, change, errors, isNew };
  return (
    <div className={classes.wizard}>
      <Stepper
        active={position}
        onStepClick={(index) => setStep(STEPS[index] ?? 'general')}
        orientation={narrow ? 'horizontal' : 'vertical'}
        size="xs"
        className={classes.stepper}
        classNames={{ stepBody: classes.stepBody, steps: classes.steps, separator: classes.separator }}
        iconSize={28}
        aria-label="Steps"
      >
        {STEPS.map((name, index) => (
          <Stepper.Step
            key={name}
            label={TITLES[name]}
            // Only its number or a tick fits there.
            aria-label={narrow ? `${index + 1} ${TITLES[name]}` : undefined}
            color={Object.keys(errors).some((field) => stepOf(field) === name) ? 'red' : undefined}
          />
        ))}
      </Stepper>
      <Paper
        withBorder
        p="md"
        radius="md"
        component="section"
        aria-label={TITLES[step]}
        className={classes.step}
      >
        <Stack gap="md">
          {readOnly && (
            <Alert color="blue" p="xs" icon={<IconInfoCircle />}>
              Declared in <span className="mono breakable">{fileOf(existing)}</span>: change it there. It can
              be tested here, and paused on its page.
            </Alert>
          )}
          <FormError message={failure} />
          <Text fw={600} size="lg" component="h2" m={0}>
            {TITLES[step]}
          </Text>
          <StepContent step={step} {...common} kinds={kinds} kind={kind} readOnly={readOnly} />
          <Group justify="space-between" mt="xs">
            <Button variant="transparent" color="gray" px={0} onClick={onCancel}>
              {readOnly ? 'Close' : 'Cancel'}
            </Button>
            <Group gap="xs">
              {position > 0 && (
                <Button variant="default" onClick={() => setStep(STEPS[position - 1] ?? 'general')}>
                  Back
                </Button>
              )}
              {step !== 'test' && (
                <Button
                  variant={isNew ? 'filled' : 'default'}
                  onClick={() => setStep(STEPS[position + 1] ?? 'test')}
                >
                  Next
                </Button>
              )}
              {!readOnly && (!isNew || step === 'test') && (
                <Button loading={saving.isPending} onClick={submit}>
                  {isNew ? 'Create connector' : 'Save'}
                </Button>
              )}
            </Group>
          </Group>
        </Stack>
      </Paper>
    </div>
  );
}

function fileOf(connector: Connector | undefined): string {
  return connector?.origin.from === 'file' ? connector.origin.path : '';
}

type StepContentProps = {
  step: StepName;
  draft: Draft;
  change: (draft: Draft) => void;
  errors: DraftErrors;
  isNew: boolean;
  kinds: ConnectorKind[];
  kind: ConnectorKind;
  readOnly: boolean;
};

function StepContent(props: StepContentProps) {
  const { step, draft, change, errors, kind, readOnly } = props;
  const live = useLiveFolders(draft, kind);
  const test = useConnectionTest({ draft, kind, trusting: readOnly ? undefined : change });
  const { settings } = draft;
  const setSettings = (patch: Partial<typeof settings>) =>
    change({ ...draft, settings: { ...settings, ...patch } });
  if (step === 'test') return <TestStep draft={draft} test={test} />;
  return (
    <fieldset disabled={readOnly} className={classes.fields}>
      {step === 'general' && <GeneralStep {...props} />}
      {step === 'connection' && (
        <Stack gap="sm">
          <SchemaForm
            schema={kind.settings_schema}
            values={settings.connection}
            onChange={(connection) => setSettings({ connection })}
            errors={errors}
            disabled={readOnly}
          />
          <SecretFields
            secrets={visibleSecrets(draft, kind)}
            stored={draft.stored}
            values={draft.secrets}
            onChange={(secrets) => change({ ...draft, secrets })}
            errors={errors}
          />
        </Stack>
      )}
      {step === 'folders' && (
        <FolderPicker
          value={settings.folders}
          onChange={(folders) => setSettings({ folders })}
          live={live}
          defaultFolder={kind.default_folder}
          ready={connectionGiven(draft, kind)}
          error={errors.folders}
        />
      )}
      {step === 'take' && <TakeStep {...props} live={live} />}
      {step === 'filter' && <FilterStep {...props} ready={connectionGiven(draft, kind)} />}
      {step === 'case' && <CaseStep {...props} />}
    </fieldset>
  );
}

/** Whether nothing is plainly missing from the connection. */
function connectionGiven(draft: Draft, kind: ConnectorKind): boolean {
  const missing = missingFields(draft, kind);
  return !Object.keys(missing).some((field) => stepOf(field) === 'connection');
}

function TestStep({ draft, test }: { draft: Draft; test: ConnectionTest }) {
  const { settings } = draft;
  const folders = settings.folders.length > 0 ? settings.folders.join(', ') : 'the default folder';
  return (
    <Stack gap="md">
      <Text size="sm" className="breakable">
        <strong>{settings.name || 'This connector'}</strong> watches {folders}
        {draft.active ? ' as soon as it is saved.' : ' once it is activated.'}
      </Text>
      <TestPanel test={test} />
    </Stack>
  );
}
