// What can be done about a message no key opens: add the key right there, or know whom to ask.
import { Alert, Anchor, Group, Loader, Stack, Text } from '@mantine/core';
import { IconKeyOff } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { keys } from '../api/keys';
import { useReexaminations } from '../reexamination/reexaminations';
import { isUnderWay } from '../reexamination/reexaminationWords';
import { useMay } from '../session/session';
import { count } from '../shared/format';
import { AddKeys } from './AddKeys';

type NeedsKeyProps = {
  message: string;
  /** To whom it is encrypted, as its sender names them. */
  recipients: string[];
};

export function NeedsKey({ message, recipients }: NeedsKeyProps) {
  const mayManage = useMay('manage_connectors');
  const [kept, setKept] = useState(false);
  if (!mayManage) {
    return (
      <Text size="sm">
        An administrator or integration manager can add the key of a recipient under Settings, Keys; the
        message is opened then by itself. Or ask a recipient for the decrypted message.
      </Text>
    );
  }
  return (
    <Stack gap="xs" w="100%" pt={4}>
      {kept && <AfterKept message={message} />}
      <AddKeys
        title="Drop the key of a recipient here"
        recipients={recipients}
        small
        onKept={() => setKept(true)}
      />
    </Stack>
  );
}

/** While this is shown the message is still closed. */
function AfterKept({ message }: { message: string }) {
  const client = useQueryClient();
  const { data, isFetching } = useReexaminations();
  const run = data?.items.find(isUnderWay);
  const ended = data !== undefined && !isFetching && !run;
  const [inVain, setInVain] = useState(false);
  // Only what the server says of the message after the end tells that it stays closed.
  useEffect(() => {
    let here = true;
    setInVain(false);
    if (ended) {
      void client.invalidateQueries({ queryKey: keys.message(message), exact: true }).then(() => {
        if (here) setInVain(true);
      });
    }
    return () => {
      here = false;
    };
  }, [ended, client, message]);
  if (!inVain) {
    return (
      <Group gap="xs" role="status">
        <Loader size={14} aria-hidden />
        <Text size="sm" className="tabular">
          The key is kept. Messages that wait for one are looked at again
          {run && run.total > 0 && `: ${count(run.examined)} of ${count(run.total)}`}.
        </Text>
      </Group>
    );
  }
  return (
    <Alert color="orange" p="xs" icon={<IconKeyOff />} role="status">
      <Text size="sm">
        The key is kept, but it does not open this message. Compare it with the recipients above under{' '}
        <Anchor component={Link} to="/settings/keys" size="sm" underline="always">
          Keys
        </Anchor>
        .
      </Text>
    </Alert>
  );
}
