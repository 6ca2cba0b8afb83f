// The way of a connector from one source to another: set up, side by side, switched.
import { Anchor, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowLeft, IconArrowsLeftRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { Connector, ConnectorKind, Migration } from '../../api/types';
import { useMay } from '../../session/session';
import { PageHeader } from '../../shared/PageHeader';
import { EmptyState, FailedState, LoadingRows } from '../../shared/states';
import { useEscape } from '../../shared/useEscape';
import { connectorOptions, kindsOptions, useMigration } from '../connectors';
import { draftOfSuccessor, draftWith } from './prefill';
import { SetUp } from './SetUp';
import { SideBySide } from './SideBySide';
import { Switched } from './Switched';
import type { SourceTitles } from './verdict';

export default function MigrationPage() {
  const { id = '' } = useParams();
  const connector = useQuery(connectorOptions(id));
  const kinds = useQuery(kindsOptions);
  const migration = useMigration(id);
  const navigate = useNavigate();
  useEscape(() => navigate(`/settings/connectors/${id}`));
  const failed = [connector, kinds, migration].find((query) => query.isError && query.data === undefined);
  if (failed) {
    return (
      <>
        <PageHeader title="Migrate" />
        <FailedState what="The migration" error={failed.error} retry={() => void failed.refetch()} />
      </>
    );
  }
  if (!connector.data || !kinds.data || migration.data === undefined) {
    return <LoadingRows label="Loading the migration" />;
  }
  return (
    <>
      <Anchor
        component={Link}
        to={`/settings/connectors/${id}`}
        size="sm"
        c="dimmed"
        display="inline-block"
        mb={4}
      >
        <Group gap={4} wrap="nowrap">
          <IconArrowLeft size={14} style={{ flex: 'none' }} aria-hidden />
          <span className="breakable">{connector.data.settings.name}</span>
        </Group>
      </Anchor>
      <Stage connector={connector.data} kinds={kinds.data} migration={migration.data} />
    </>
  );
}

type StageProps = { connector: Connector; kinds: ConnectorKind[]; migration: Migration | null };

function Stage({ connector, kinds, migration }: StageProps) {
  const mayManage = useMay('manage_connectors');
  const [changing, change] = useDisclosure(false);
  const navigate = useNavigate();
  const here = kinds.find(({ kind }) => kind === connector.settings.kind);
  const other = kinds.find(({ kind }) =>
    migration ? kind === migration.kind : here?.successors.includes(kind),
  );
  const titles: SourceTitles = {
    here: here?.title ?? connector.settings.kind,
    there: other?.title ?? migration?.kind ?? '',
  };
  if (migration?.state === 'switched') {
    return (
      <>
        <PageHeader title={`Migrated to ${titles.here}`} />
        <Switched connector={connector} migration={migration} titles={titles} mayManage={mayManage} />
      </>
    );
  }
  if (migration && !(changing && other && mayManage)) {
    return (
      <>
        <PageHeader title={`Migrate to ${titles.there}`} />
        <SideBySide
          connector={connector}
          migration={migration}
          titles={titles}
          mayManage={mayManage}
          onChange={change.open}
        />
      </>
    );
  }
  const obstacle = whyNot(connector, titles, mayManage);
  if (!other || obstacle) {
    return (
      <>
        <PageHeader title="Migrate" />
        <EmptyState icon={<IconArrowsLeftRight size={32} />} title="Not migrated">
          {other ? obstacle : `A connector of the type ${titles.here} has nothing to be migrated to.`}
        </EmptyState>
      </>
    );
  }
  const { connection, folders } = migration ?? {};
  return (
    <>
      <PageHeader title={`Migrate to ${titles.there}`} />
      <SetUp
        connector={connector}
        kind={other}
        titles={titles}
        start={
          connection ? draftWith(connector, other, connection, folders) : draftOfSuccessor(connector, other)
        }
        onDone={change.close}
        onCancel={migration ? change.close : () => navigate(`/settings/connectors/${connector.id}`)}
      />
    </>
  );
}

/** Why nobody, or not this person, can begin. */
function whyNot({ origin }: Connector, titles: SourceTitles, mayManage: boolean): ReactNode {
  if (origin.from === 'file') {
    return (
      <>
        It is declared in <span className="mono breakable">{origin.path}</span>, and reads its mailbox as that
        file says.
      </>
    );
  }
  return mayManage ? null : `Somebody who may manage connectors can migrate it to ${titles.there}.`;
}
