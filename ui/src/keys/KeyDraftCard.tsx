// A key file on its way: its password, what is in it, and the decision to keep it.
import {
  Alert,
  Badge,
  Button,
  Group,
  Loader,
  PasswordInput,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconAlertTriangle, IconCertificate, IconCheck } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useConnectorNames } from '../connectors/connectors';
import { FormError } from '../shared/FormError';
import { byteSize } from '../shared/format';
import { typing } from '../shared/typing';
import { useAddKey, useDecryptionKeys } from './decryptionKeys';
import classes from './KeyDraftCard.module.css';
import { KeyFactsTable } from './KeyFactsTable';
import { isAmong, keptAlready, keyName, refusalOf } from './keyWords';
import type { KeyDraft } from './useKeyDrafts';

export type KeyDraftCardProps = {
  draft: KeyDraft;
  /** The connector whose mail it opens, unless another is chosen; `null` for the whole organization. */
  connector: string | null;
  /** To whom the message is encrypted that the key is wanted for. */
  recipients: string[];
  onPassword: (password: string) => void;
  onKept: () => void;
  onDiscard: () => void;
};

export function KeyDraftCard(props: KeyDraftCardProps) {
  const { draft, onPassword, onDiscard } = props;
  const { file, state } = draft;
  return (
    <section className={classes.card} aria-label={file.name}>
      <Group justify="space-between" wrap="nowrap" mb={6} align="flex-start">
        <Text size="sm" fw={600} className="breakable">
          {file.name}{' '}
          <Text span size="xs" c="dimmed" fw={400}>
            {byteSize(file.size)}
          </Text>
        </Text>
        <Button size="compact-xs" variant="default" onClick={onDiscard} style={{ flex: 'none' }}>
          Discard
        </Button>
      </Group>
      {state.is === 'opening' && (
        <Group gap="xs" role="status">
          <Loader size={14} aria-hidden />
          <Text size="sm">Looking into the file</Text>
        </Group>
      )}
      {state.is === 'locked' && (
        <Password key={String(state.wrong)} wrong={state.wrong} onPassword={onPassword} />
      )}
      {state.is === 'refused' && <Refused error={state.error} onAgain={() => onPassword('')} />}
      {state.is === 'open' && <Keep {...props} state={state} />}
    </section>
  );
}

function Password({ wrong, onPassword }: { wrong: boolean; onPassword: (password: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  // Of several files the first one is asked for, and nobody is interrupted.
  useEffect(() => {
    if (!typing(document.activeElement)) field.current?.focus();
  }, []);
  const form = useForm({
    initialValues: { password: '' },
    initialErrors: wrong
      ? {
          password: 'This does not open the file. It is the password that was set when the key was exported.',
        }
      : {},
    validate: { password: (value) => (value ? null : 'Enter the password of the file') },
  });
  return (
    <form noValidate onSubmit={form.onSubmit(({ password }) => onPassword(password))}>
      <Stack gap="xs" maw={420} align="flex-start">
        <PasswordInput
          ref={field}
          label="Password of the file"
          description="Wanted this once: the key is kept sealed, the password is not kept."
          autoComplete="off"
          size="xs"
          w="100%"
          {...form.getInputProps('password')}
        />
        <Button type="submit" size="xs">
          Open
        </Button>
      </Stack>
    </form>
  );
}

function Refused({ error, onAgain }: { error: unknown; onAgain: () => void }) {
  const { what, next, again } = refusalOf(error);
  return (
    <Alert color="red" p="xs" role="alert" icon={<IconAlertTriangle />}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm" className="breakable">
          <strong>{what}</strong> {next}
        </Text>
        {again && (
          <Button size="xs" variant="default" onClick={onAgain}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

const WHOLE = 'organization';

type KeepProps = KeyDraftCardProps & { state: Extract<KeyDraft['state'], { is: 'open' }> };

function Keep({ state: { facts, bytes, password }, connector, recipients, onKept }: KeepProps) {
  const connectors = useConnectorNames();
  const { data: kept = [] } = useDecryptionKeys();
  const add = useAddKey(onKept);
  const form = useForm({
    initialValues: { name: keyName(facts), of: connector ?? WHOLE },
    validate: { name: (value) => (value.trim() ? null : 'Give it a name') },
  });
  const box = useRef<HTMLFormElement>(null);
  // The password field that had the focus is gone. The button is not next: who presses Enter twice keeps nothing.
  useEffect(() => {
    if (password && document.activeElement === document.body) box.current?.focus({ preventScroll: true });
  }, [password]);
  const chosen = form.values.of === WHOLE ? null : form.values.of;
  const same = keptAlready(kept, facts, chosen);
  const failure = add.error && refusalOf(add.error);
  return (
    <form
      ref={box}
      tabIndex={-1}
      noValidate
      onSubmit={form.onSubmit(({ name }) =>
        add.mutate({ name: name.trim(), connector_id: chosen, file: bytes, password }),
      )}
    >
      <Stack gap="sm">
        <div>
          <Group gap="xs" mb={2}>
            <IconCertificate size={18} aria-hidden />
            <Text size="sm" fw={600} className="breakable">
              {facts.subject}
            </Text>
            {recipients.length > 0 && <Fits fits={isAmong(facts, recipients)} />}
          </Group>
          <KeyFactsTable facts={facts} />
        </div>
        <FormError message={failure && `${failure.what} ${failure.next}`} />
        <Group gap="xs" align="flex-start">
          <TextInput label="Name" size="xs" style={{ flex: '1 1 200px' }} {...form.getInputProps('name')} />
          <Select
            label="Opens the mail of"
            size="xs"
            style={{ flex: '1 1 200px' }}
            allowDeselect={false}
            searchable
            data={[
              { value: WHOLE, label: 'The whole organization' },
              { group: 'One connector', items: connectors },
            ]}
            {...form.getInputProps('of')}
          />
        </Group>
        <Group gap="sm">
          <Button type="submit" size="xs" loading={add.isPending} disabled={same !== undefined}>
            Keep this key
          </Button>
          <Text size="xs" c="dimmed" className="breakable" style={{ flex: '1 1 240px' }}>
            {same
              ? `It is here already: ${same.name}. There is nothing to do.`
              : 'Nothing is kept before you press it. From then on all who may read messages read what it opens.'}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}

function Fits({ fits }: { fits: boolean }) {
  return fits ? (
    <Badge color="teal" leftSection={<IconCheck size={12} aria-hidden />}>
      Opens this message
    </Badge>
  ) : (
    <Badge color="orange">Not a key of this message</Badge>
  );
}
