// The rights an application needs before a source can sign in with it.
import { Group, Stack, Text } from '@mantine/core';
import { CopyButton } from '../../shared/CopyButton';
import { Panel } from '../../shared/Panel';

type Need = { permission: string; of: string; why: string };

type NeedsOfKind = { needs: Need[]; limited: string; roles: string[] };

// https://learn.microsoft.com/graph/permissions-reference and
// https://learn.microsoft.com/exchange/permissions-exo/application-rbac
const NEEDS: Record<string, NeedsOfKind> = {
  graph: {
    needs: [
      {
        permission: 'Mail.ReadWrite',
        of: 'Microsoft Graph',
        why: 'Lists and reads messages, marks them read, moves or deletes them as the connector is told to.',
      },
      {
        permission: 'Mail.Send',
        of: 'Microsoft Graph',
        why: 'Only to answer from cases; it can be added later.',
      },
    ],
    limited:
      'To let it into single mailboxes only, leave these out in Microsoft Entra and assign the roles below in ' +
      'Exchange Online, with a scope that names the mailboxes (RBAC for Applications).',
    roles: ['Application Mail.ReadWrite', 'Application Mail.Send'],
  },
  ews: {
    needs: [
      {
        permission: 'full_access_as_app',
        of: 'Office 365 Exchange Online',
        why: 'Lists and reads messages, marks them read, moves or deletes them as the connector is told to.',
      },
    ],
    limited:
      'To let it into single mailboxes only, leave it out in Microsoft Entra and assign the role below in Exchange ' +
      'Online, with a scope that names the mailboxes (RBAC for Applications).',
    roles: ['Application EWS.AccessAsApp'],
  },
};

export function Needs({ kind }: { kind: string }) {
  const known = NEEDS[kind];
  if (!known) return null;
  return (
    <Panel title="What the application needs">
      <Stack gap="sm">
        <Text size="sm">
          Mailcase signs in as an application registered in Microsoft Entra. Add these under API permissions,
          as application permissions, and grant admin consent.
        </Text>
        {known.needs.map(({ permission, of, why }) => (
          <div key={permission}>
            <Copied text={permission} after={`of ${of}`} />
            <Text size="xs" c="dimmed">
              {why}
            </Text>
          </div>
        ))}
        <div>
          <Text size="sm">{known.limited}</Text>
          {known.roles.map((role) => (
            <Copied key={role} text={role} />
          ))}
        </div>
      </Stack>
    </Panel>
  );
}

function Copied({ text, after }: { text: string; after?: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Text size="sm" className="breakable">
        <span className="mono">{text}</span> {after}
      </Text>
      <CopyButton value={text} label={`Copy ${text}`} />
    </Group>
  );
}
