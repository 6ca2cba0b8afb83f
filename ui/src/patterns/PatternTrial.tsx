// What a pattern finds in stored messages before anybody keeps it.
import { Anchor, Button, Group, Mark, Stack, Text, TextInput } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { PatternDraft, PatternValue, PatternTrial as Trial, TriedMessage } from '../api/types';
import { defangText } from '../indicators/indicatorWords';
import { Panel } from '../shared/Panel';
import { FailedState, LoadingRows } from '../shared/states';
import { TRIED_MESSAGES, useTrial } from './patterns';
import { whereWord } from './patternWords';

type PatternTrialProps = {
  /** The pattern as it stands in the form; nothing while there is none. */
  draft: () => PatternDraft | null;
  /** Told what the server refused; whether it stands elsewhere on the page now. */
  onRefused: (error: unknown) => boolean;
};

export function PatternTrial({ draft, onRefused }: PatternTrialProps) {
  const [q, setQ] = useState('');
  const [shown, show] = useState(false);
  const trial = useTrial();
  const run = () => {
    const pattern = draft();
    if (pattern) trial.mutate({ pattern, q }, { onError: (error) => show(!onRefused(error)) });
  };
  return (
    <Panel title="Try it">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <Group align="flex-end" gap="xs" wrap="nowrap">
          <TextInput
            label="On messages with these words"
            placeholder={`the newest ${TRIED_MESSAGES}`}
            style={{ flex: 1 }}
            value={q}
            onChange={(event) => setQ(event.currentTarget.value)}
          />
          <Button
            type="submit"
            variant="default"
            loading={trial.isPending}
            leftSection={<IconPlayerPlay size={16} />}
          >
            Try
          </Button>
        </Group>
      </form>
      <div aria-live="polite">
        {trial.isPending && <LoadingRows rows={4} label="Trying the pattern" />}
        {trial.error && !shown && (
          <Text size="sm" c="red" mt="md">
            It cannot be tried yet: correct what is marked among the fields.
          </Text>
        )}
        {trial.error && shown && <FailedState what="What it finds" error={trial.error} retry={run} />}
        {trial.data && !trial.isPending && <Found trial={trial.data} />}
      </div>
    </Panel>
  );
}

function Found({ trial: { messages } }: { trial: Trial }) {
  const hits = messages.filter(({ values }) => values.length > 0);
  const large = messages.filter(({ passed_over }) => passed_over).length;
  return (
    <Stack gap="sm" mt="md">
      <Text size="sm" fw={600}>
        {messages.length === 0
          ? 'There are no such messages.'
          : `Found in ${hits.length} of ${messages.length} messages`}
        {large > 0 && `; ${large} too large to be tried`}
      </Text>
      {hits.map((message) => (
        <Hits key={message.id} of={message} />
      ))}
    </Stack>
  );
}

/** Values shown of one message; the count tells of the others. */
const SHOWN = 10;

function Hits({ of: { id, subject, values } }: { of: TriedMessage }) {
  return (
    <section aria-label={subject ?? 'Message without a subject'}>
      <Anchor component={Link} to={`/inbox/${id}`} size="sm" className="breakable">
        {subject || '(no subject)'}
      </Anchor>
      <Stack gap={4} mt={4} component="ul" pl={0} style={{ listStyle: 'none' }}>
        {values.slice(0, SHOWN).map((value) => (
          <Hit key={`${value.place} ${value.offset} ${value.value}`} of={value} />
        ))}
        {values.length > SHOWN && (
          <Text size="xs" c="dimmed" component="li">
            and {values.length - SHOWN} more
          </Text>
        )}
      </Stack>
    </section>
  );
}

function Hit({ of: { value, place, before, after } }: { of: PatternValue }) {
  // Nothing of a mail is shown so that a click could follow it.
  return (
    <li>
      <Text size="sm" className="mono breakable" component="div">
        {defangText(before)}
        <Mark>{defangText(value)}</Mark>
        {defangText(after)}
      </Text>
      <Text size="xs" c="dimmed">
        {whereWord(place)}
      </Text>
    </li>
  );
}
