// The access a mailbox was granted by a person at its provider: given, given anew for another account, forgotten.
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconKeyOff } from '@tabler/icons-react';
import type { AccessGrant, Connector } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { Confirm } from '../shared/confirm';
import { Panel } from '../shared/Panel';
import { Time } from '../shared/Time';
import { useBeginGrant, useWithdrawGrant } from './connectors';

type AccessPanelProps = { connector: Connector; grant: AccessGrant; mayManage: boolean };

export function AccessPanel({ connector, grant, mayManage }: AccessPanelProps) {
  const begin = useBeginGrant(connector.id);
  const [asking, ask] = useDisclosure(false);
  const withdraw = useWithdrawGrant(connector, ask.close);
  return (
    <Panel
      title="Access"
      actions={
        mayManage &&
        (grant.granted ? (
          <>
            <Button
              size="xs"
              variant="default"
              loading={begin.isPending}
              onClick={() => begin.mutate({ switch_account: true })}
            >
              Switch account
            </Button>
            <Button size="xs" variant="default" leftSection={<IconKeyOff size={14} />} onClick={ask.open}>
              Forget
            </Button>
          </>
        ) : (
          <Button
            size="xs"
            leftSection={<IconKey size={14} />}
            loading={begin.isPending}
            onClick={() => begin.mutate({ switch_account: false })}
          >
            Grant access
          </Button>
        ))
      }
    >
      <Stack gap="xs">
        {grant.granted ? (
          <Text size="sm" className="breakable" component="div">
            <strong>{grant.account ?? 'An account'}</strong> granted access
            {grant.granted_by && ` through ${grant.granted_by}`}, <Time at={grant.granted_at} />.
          </Text>
        ) : (
          <Alert color="orange" p="xs" icon={<IconKeyOff />}>
            Nobody granted access to this mailbox yet.
          </Alert>
        )}
        <RedirectUrl />
      </Stack>
      <Confirm
        opened={asking}
        title="Forget the granted access?"
        confirmLabel="Forget access"
        dangerous
        busy={withdraw.isPending}
        onConfirm={() => withdraw.mutate()}
        onClose={ask.close}
      >
        <Text size="sm">
          The connector cannot read its mailbox until access is granted again. At the provider the access is
          withdrawn by the owner of the account.
        </Text>
      </Confirm>
    </Panel>
  );
}

/** What has to be registered at the provider, or it sends nobody back. */
export function RedirectUrl() {
  const url = `${window.location.origin}/email-oauth`;
  return (
    <Group gap={4} wrap="nowrap">
      <Text size="xs" c="dimmed" className="breakable">
        Redirect URL to register at the provider: <span className="mono">{url}</span>
      </Text>
      <CopyButton value={url} label="Copy the redirect URL" />
    </Group>
  );
}
