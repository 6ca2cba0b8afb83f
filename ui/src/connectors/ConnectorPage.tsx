// One connector: what it does, what it said, whether anything is missing.
import { Alert, Anchor, Button, DataList, Group, SimpleGrid, Text, Title } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowLeft,
  IconArrowsLeftRight,
  IconPencil,
  IconRefresh,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from 'react-router';
import type { Connector } from '../api/types';
import { useMay } from '../session/session';
import { count, counted, duration, title } from '../shared/format';
import { PageHeader } from '../shared/PageHeader';
import { Panel } from '../shared/Panel';
import { FailedState, LoadingRows } from '../shared/states';
import { Time } from '../shared/Time';
import { useEscape } from '../shared/useEscape';
import { AccessPanel } from './AccessPanel';
import { AccountingPanel } from './AccountingPanel';
import { ConnectionTestPanel } from './ConnectionTestPanel';
import { ConnectorActions } from './ConnectorActions';
import { ConnectorKeys } from './ConnectorKeys';
import { ConnectorLog } from './ConnectorLog';
import { KindName, OriginBadge } from './ConnectorsPage';
import { connectorOptions, kindsOptions, useLookAgain, usePollNow } from './connectors';
import { FolderCursors } from './FolderCursors';
import { filterLines } from './filters';
import { health, unresolvedError } from './health';
import { MigrationBanner } from './migration/MigrationBanner';
import { NeedsAttention } from './NeedsAttention';
import { StatusIcon } from './StatusIcon';

export default function ConnectorPage() {
  const { id = '' } = useParams();
  const query = useQuery(connectorOptions(id));
  const navigate = useNavigate();
  useEscape(() => navigate('/settings/connectors'));
  if (query.isError && !query.data) {
    return <FailedState what="The connector" error={query.error} retry={() => void query.refetch()} />;
  }
  if (!query.data) return <LoadingRows label="Loading the connector" />;
  return <ConnectorView connector={query.data} />;
}

function ConnectorView({ connector }: { connector: Connector }) {
  const mayManage = useMay('manage_connectors');
  const { settings } = connector;
  return (
    <>
      <Anchor component={Link} to="/settings/connectors" size="sm" c="dimmed" display="inline-block" mb={4}>
        <Group gap={4}>
          <IconArrowLeft size={14} aria-hidden /> Connectors
        </Group>
      </Anchor>
      <PageHeader
        title={settings.name}
        before={<StatusIcon connector={connector} />}
        description={settings.description || undefined}
        actions={mayManage && <PageActions connector={connector} />}
      />
      <MigrationBanner connector={connector} mayManage={mayManage} />
      <LastError connector={connector} />
      <Refusal connector={connector} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Panel title="State">
          <State connector={connector} />
        </Panel>
        <AccountingPanel connector={connector} mayManage={mayManage} />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" mt="md" style={{ alignItems: 'start' }}>
        {connector.grant && (
          <AccessPanel connector={connector} grant={connector.grant} mayManage={mayManage} />
        )}
        <FolderCursors folders={connector.folders} />
        {mayManage && <ConnectionTestPanel connector={connector} />}
      </SimpleGrid>
      <ConnectorKeys connector={connector} mayManage={mayManage} />
      <NeedsAttention id={connector.id} />
      <Title order={2} mt="lg" mb="xs">
        Recent log
      </Title>
      <ConnectorLog id={connector.id} />
    </>
  );
}

function PageActions({ connector }: { connector: Connector }) {
  const navigate = useNavigate();
  const poll = usePollNow(connector);
  const { data: kinds } = useQuery(kindsOptions);
  const kind = kinds?.find((each) => each.kind === connector.settings.kind);
  const mayMigrate = connector.origin.from !== 'file' && kind?.successors.includes('graph');
  return (
    <>
      {mayMigrate && (
        <Button
          component={Link}
          to={`/settings/connectors/${connector.id}/migrate`}
          size="xs"
          variant="default"
          leftSection={<IconArrowsLeftRight size={14} />}
        >
          Migrate
        </Button>
      )}
      <Button
        component={Link}
        to={`/settings/connectors/${connector.id}/edit`}
        size="xs"
        variant="default"
        leftSection={<IconPencil size={14} />}
      >
        {connector.origin.from === 'file' ? 'View settings' : 'Edit'}
      </Button>
      <Button
        size="xs"
        variant="default"
        disabled={!connector.active}
        loading={poll.isPending}
        leftSection={<IconRefresh size={14} />}
        onClick={() => poll.mutate()}
      >
        Poll now
      </Button>
      <ConnectorActions connector={connector} onDeleted={() => navigate('/settings/connectors')} />
    </>
  );
}

function LastError({ connector }: { connector: Connector }) {
  const error = unresolvedError(connector.status);
  if (!error) return null;
  return (
    <Alert color="orange" icon={<IconAlertTriangle />} title={error.message} mb="md" role="alert">
      <Text size="sm" component="div">
        {error.hint ? `${error.hint} ` : ''}
        <Text span size="sm" c="dimmed">
          <Time at={error.at} /> · {error.code}
        </Text>
      </Text>
    </Alert>
  );
}

/** What was to be done with the mail and the server does not do. */
function Refusal({ connector: { counts, refusal } }: { connector: Connector }) {
  if (counts.refused === 0) return null;
  const messages = counted(counts.refused, 'message', 'messages');
  return (
    <Alert color="orange" icon={<IconAlertTriangle />} title="Not done on the server" mb="md" role="alert">
      <Text size="sm">
        {messages} could not be marked, moved or deleted there: {refusal}. The mail itself is safe; it is
        tried again.
      </Text>
    </Alert>
  );
}

/** What the pre-filter asks for, and what it left out; nothing without one. */
function filterFacts(connector: Connector): [string, React.ReactNode][] {
  const lines = filterLines(connector.settings.prefilter);
  const facts: [string, React.ReactNode][] = [];
  if (lines.length > 0) facts.push(['Pre-filter', lines.join(' · ')]);
  if (connector.counts.filtered_out > 0) {
    facts.push(['Left out', <LeftOut key="left-out" connector={connector} />]);
  }
  return facts;
}

function LeftOut({ connector }: { connector: Connector }) {
  const mayManage = useMay('manage_connectors');
  const again = useLookAgain(connector.id);
  return (
    <Group gap="xs">
      {counted(connector.counts.filtered_out, 'message', 'messages')}
      {mayManage && (
        <Button size="compact-xs" variant="default" loading={again.isPending} onClick={() => again.mutate()}>
          Look again
        </Button>
      )}
    </Group>
  );
}

function State({ connector }: { connector: Connector }) {
  const { status, counts, settings } = connector;
  const facts: [string, React.ReactNode][] = [
    ['State', health(connector) === 'unattended' ? 'Waiting to be run' : title(status.state)],
    ['Last success', <Time key="success" at={status.last_success_at} fallback="never" />],
    ['Next poll', <Time key="next" at={status.next_poll_at} />],
    ['Lag', status.lag_seconds == null ? 'none' : duration(status.lag_seconds)],
    ['Messages', `${count(counts.total)} listed, ${count(counts.stored)} stored`],
    ['On their way', `${count(counts.discovered)} to fetch, ${count(counts.unacknowledged)} to acknowledge`],
    ...filterFacts(connector),
    ['Folders', settings.folders?.length ? settings.folders.join(', ') : 'the default folder'],
    ['Type', <KindName key="kind" kind={settings.kind} />],
    ['API name', settings.api_name],
    ['Runs on', status.leased_by ?? '–'],
  ];
  return (
    <>
      <DataList labelWidth="110px" gap={6} size="sm">
        {facts.map(([label, value]) => (
          <DataList.Item key={label}>
            <DataList.ItemLabel>{label}</DataList.ItemLabel>
            <DataList.ItemValue className="breakable">{value}</DataList.ItemValue>
          </DataList.Item>
        ))}
      </DataList>
      {connector.origin.from === 'file' && (
        <Group gap="xs" mt="sm">
          <OriginBadge connector={connector} />
          <Text size="xs" c="dimmed" className="mono breakable">
            {connector.origin.path}
          </Text>
        </Group>
      )}
    </>
  );
}
