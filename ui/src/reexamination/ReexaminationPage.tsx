// Stored messages looked at again: what is worth it, what is under way, what came of the last ones.
import { Anchor, Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlayerStop, IconRefresh, IconRefreshDot } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Reexamination, ReexaminationScope, Reexaminations } from '../api/types';
import { useMay } from '../session/session';
import { NotAllowed } from '../settings/NotAllowed';
import { count } from '../shared/format';
import { type Column, DataTable } from '../shared/list/DataTable';
import { PageHeader } from '../shared/PageHeader';
import { Panel } from '../shared/Panel';
import { EmptyState, FailedState, LoadingRows } from '../shared/states';
import { Time } from '../shared/Time';
import { RunFigures, RunProgress } from './RunProgress';
import { useCancelReexamination, useReexaminations, useReexamine } from './reexaminations';
import { isUnderWay, SCOPES, STATES } from './reexaminationWords';

export default function ReexaminationPage() {
  return useMay('read_desk') ? <Overview /> : <NotAllowed title="Re-examination" />;
}

function Overview() {
  const query = useReexaminations();
  return (
    <>
      <PageHeader
        title="Re-examination"
        description="Stored messages are looked at again, with the parser of today and the keys there are now. What was decided stays: no case is made or changed by it."
      />
      {query.isError && !query.data && (
        <FailedState what="The re-examinations" error={query.error} retry={() => void query.refetch()} />
      )}
      {query.isPending && <LoadingRows label="Loading the re-examinations" />}
      {query.data && <Content of={query.data} />}
    </>
  );
}

function Content({ of: { items, counts, parser_version } }: { of: Reexaminations }) {
  const mayManage = useMay('manage_connectors');
  const underWay = items.filter(isUnderWay);
  const past = items.filter((run) => !isUnderWay(run));
  return (
    <Stack gap="md">
      {underWay.map((run) => (
        <UnderWay key={run.id} run={run} mayManage={mayManage} />
      ))}
      <Panel title="What can be looked at again">
        <Choices counts={counts} busy={underWay.length > 0} mayManage={mayManage} />
        <Text size="xs" c="dimmed" mt="sm">
          Parser version {parser_version}. “mailcase reexamine” does the same where the server runs.
        </Text>
      </Panel>
      <div>
        <Title order={2} mb="xs">
          Earlier ones, and what came of them
        </Title>
        <DataTable
          what="Re-examinations"
          list={{ rows: past, error: null, retry: () => {} }}
          columns={COLUMNS}
          rowKey={({ id }) => id}
          rowHref={({ id }) => `/settings/reexamination/${id}`}
          compact={(run) => <CompactRun run={run} />}
          empty={
            <EmptyState icon={<IconRefreshDot size={32} />} title="Nothing was looked at again yet">
              After an update that reads more, or when a key arrives, this shows what it brought to light.
            </EmptyState>
          }
        />
      </div>
    </Stack>
  );
}

function UnderWay({ run, mayManage }: { run: Reexamination; mayManage: boolean }) {
  const cancel = useCancelReexamination();
  return (
    <Panel
      title={run.state === 'waiting' ? 'Waiting' : 'Under way'}
      actions={
        mayManage && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlayerStop size={14} />}
            loading={cancel.isPending}
            onClick={() => cancel.mutate(run.id)}
          >
            Cancel
          </Button>
        )
      }
    >
      <Stack gap="sm">
        <RunProgress run={run} />
        <RunFigures run={run} />
        <Group gap="md">
          <Text size="xs" c="dimmed" component="div">
            {whoAsked(run)}, <Time at={run.created_at} />. You may leave this page: it goes on by itself.
          </Text>
          <Anchor component={Link} to={`/settings/reexamination/${run.id}`} size="xs">
            What changed so far
          </Anchor>
        </Group>
      </Stack>
    </Panel>
  );
}

const ORDER: ReexaminationScope[] = ['outdated', 'needs_key', 'all'];

type ChoicesProps = { counts: Reexaminations['counts']; busy: boolean; mayManage: boolean };

function Choices({ counts, busy, mayManage }: ChoicesProps) {
  const reexamine = useReexamine();
  return (
    <Stack gap="md">
      {ORDER.map((scope) => {
        const { label, why, none } = SCOPES[scope];
        const meant = counts[scope];
        return (
          <Group key={scope} justify="space-between" wrap="nowrap" gap="sm">
            <div style={{ minWidth: 0 }}>
              <Text size="sm">
                <strong className="tabular">{count(meant)}</strong> · {label}
              </Text>
              <Text size="xs" c="dimmed">
                {meant > 0 ? why : none}{' '}
                {scope === 'needs_key' && meant > 0 && (
                  <Anchor component={Link} to="/inbox?state=needs_key" size="xs" underline="always">
                    Show them
                  </Anchor>
                )}
              </Text>
            </div>
            {mayManage && (
              <Button
                size="xs"
                variant={scope === 'outdated' && meant > 0 ? 'filled' : 'default'}
                disabled={busy || meant === 0}
                loading={reexamine.isPending && reexamine.variables === scope}
                leftSection={<IconRefresh size={14} />}
                aria-label={`Look again: ${label}`}
                onClick={() => reexamine.mutate(scope)}
                style={{ flex: 'none' }}
              >
                Look again
              </Button>
            )}
          </Group>
        );
      })}
    </Stack>
  );
}

/** Who asked for it; the arrival of a key does so by itself. */
export function whoAsked({ requested_by, connector }: Reexamination): string {
  if (requested_by) return `Asked for by ${requested_by}`;
  return connector ? `A key for ${connector.name} arrived` : 'A key arrived';
}

export function RunState({ run }: { run: Reexamination }) {
  const { color, label } = STATES[run.state];
  return <Badge color={color}>{label}</Badge>;
}

const figure = (
  key: 'examined' | 'changed' | 'opened' | 'failed',
  header: string,
): Column<Reexamination> => ({
  key,
  header,
  width: 90,
  align: 'right',
  render: (run) => <span className="tabular">{count(run[key])}</span>,
});

const COLUMNS: Column<Reexamination>[] = [
  { key: 'what', header: 'What', primary: true, render: ({ scope }) => SCOPES[scope].label },
  { key: 'who', header: 'Why', width: '18%', render: whoAsked },
  { key: 'state', header: 'State', width: 100, render: (run) => <RunState run={run} /> },
  figure('examined', 'Looked at'),
  figure('changed', 'Changed'),
  figure('opened', 'Opened'),
  figure('failed', 'Failed'),
  { key: 'ended', header: 'Ended', width: 110, render: (run) => <Time at={run.ended_at} /> },
];

function CompactRun({ run }: { run: Reexamination }) {
  return (
    <>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm" fw={600}>
          {SCOPES[run.scope].label}
        </Text>
        <RunState run={run} />
      </Group>
      <Text size="xs" c="dimmed" component="div">
        {whoAsked(run)} · ended <Time at={run.ended_at} />
      </Text>
      <Text size="xs" className="tabular">
        {count(run.examined)} looked at, {count(run.changed)} changed, {count(run.opened)} opened,{' '}
        {count(run.failed)} failed
      </Text>
    </>
  );
}
