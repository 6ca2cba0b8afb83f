// What the organization says of its own mail: what others imitate, whom to believe, whether the DNS may be asked.
import { Anchor, List, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { OriginSettingsView } from '../api/types';
import { useMay } from '../session/session';
import { NotAllowed } from '../settings/NotAllowed';
import { PageHeader } from '../shared/PageHeader';
import { Panel } from '../shared/Panel';
import { FailedState, LoadingRows } from '../shared/states';
import { Time } from '../shared/Time';
import { OriginForm } from './OriginForm';
import { useOriginSettings } from './originSettings';

export default function OriginSettingsPage() {
  return useMay('read_connectors') ? <Settings /> : <NotAllowed title="Own domains" />;
}

function Settings() {
  const mayManage = useMay('manage_connectors');
  const query = useOriginSettings();
  return (
    <>
      <PageHeader
        title="Own domains"
        description="What is yours: domains and people others imitate, servers whose word counts, and whether senders are verified with the DNS."
      />
      {query.isError && !query.data && (
        <FailedState what="The settings" error={query.error} retry={() => void query.refetch()} />
      )}
      {query.isPending && <LoadingRows label="Loading the settings" />}
      {query.data && (
        <Stack gap="md" maw={860}>
          {mayManage ? <OriginForm kept={query.data} /> : <ReadOnly kept={query.data} />}
          <LastChange kept={query.data} />
        </Stack>
      )}
    </>
  );
}

function LastChange({ kept: { revision, updated_at, updated_by } }: { kept: OriginSettingsView }) {
  return (
    <Text size="sm" c="dimmed" component="div">
      {revision > 0 && updated_at && (
        <>
          Last changed by {updated_by ?? 'Mailcase'}, <Time at={updated_at} />.{' '}
        </>
      )}
      Among indicators a change counts at once, else for mail that comes from then on.{' '}
      <Anchor component={Link} to="/settings/reexamination" size="sm" underline="always">
        Look at every message again
      </Anchor>{' '}
      to apply it to the mail there is.
    </Text>
  );
}

function ReadOnly({ kept: { settings } }: { kept: OriginSettingsView }) {
  const people = settings.people.map(({ name, addresses }) => [name, ...addresses].join(', '));
  const ids = settings.authserv_ids.map((id) => id || 'headers without a name');
  return (
    <>
      <Panel title="What others imitate">
        <Entries title="Own domains" of={settings.domains} />
        <Entries title="Own people" of={people} />
      </Panel>
      <Panel title="Whom to believe">
        <Entries title="Names of own servers" of={ids} />
        <Entries title="Own networks" of={settings.networks} />
      </Panel>
      <Panel title="Verification">
        <Text size="sm">
          {settings.dns ? 'Senders are verified with the DNS.' : 'The DNS is not asked about senders.'}
        </Text>
        {settings.dns && settings.resolvers.length > 0 && (
          <Entries title="Name servers" of={settings.resolvers} />
        )}
      </Panel>
    </>
  );
}

function Entries({ title, of }: { title: string; of: string[] }) {
  return (
    <div>
      <Text size="sm" fw={500}>
        {title}
      </Text>
      {of.length === 0 ? (
        <Text size="sm" c="dimmed" mb="xs">
          None are named.
        </Text>
      ) : (
        <List size="sm" mb="xs">
          {of.map((one) => (
            <List.Item key={one} className="breakable">
              {one}
            </List.Item>
          ))}
        </List>
      )}
    </div>
  );
}
