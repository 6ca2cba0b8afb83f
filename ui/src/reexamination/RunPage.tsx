// One re-examination: what it changed, message by message.
import { Alert, Anchor, Group, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconArrowLeft, IconMail } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from 'react-router';
import type { ReexaminationDetail, ReexaminedMessage } from '../api/types';
import { NO_SUBJECT } from '../inbox/messages';
import { count, counted } from '../shared/format';
import { type Column, DataTable } from '../shared/list/DataTable';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState, FailedState, LoadingRows } from '../shared/states';
import { Time } from '../shared/Time';
import { useEscape } from '../shared/useEscape';
import { RunState, whoAsked } from './ReexaminationPage';
import { RunFigures, RunProgress } from './RunProgress';
import { useReexamination } from './reexaminations';
import { changesText, isUnderWay, SCOPES, sumsText } from './reexaminationWords';

export default function RunPage() {
  const { id = '' } = useParams();
  const query = useReexamination(id);
  const navigate = useNavigate();
  useEscape(() => navigate('/settings/reexamination'));
  return (
    <>
      <Anchor
        component={Link}
        to="/settings/reexamination"
        size="sm"
        c="dimmed"
        display="inline-block"
        mb={4}
      >
        <Group gap={4}>
          <IconArrowLeft size={14} aria-hidden /> Re-examination
        </Group>
      </Anchor>
      {query.isError && !query.data && (
        <FailedState what="The re-examination" error={query.error} retry={() => void query.refetch()} />
      )}
      {query.isPending && <LoadingRows label="Loading the re-examination" />}
      {query.data && <Run detail={query.data} />}
    </>
  );
}

function Run({ detail: { summary: run, messages } }: { detail: ReexaminationDetail }) {
  const sums = sumsText(run.changes);
  const listed = messages.length;
  const meant = run.changed + run.failed;
  return (
    <>
      <PageHeader
        title={SCOPES[run.scope].label}
        before={<RunState run={run} />}
        description={
          <>
            {whoAsked(run)}, <Time at={run.created_at} />
            {run.ended_at && (
              <>
                {' '}
                · ended <Time at={run.ended_at} />
              </>
            )}
          </>
        }
      />
      <Stack gap="md">
        {isUnderWay(run) && <RunProgress run={run} />}
        <RunFigures run={run} />
        {sums.length > 0 && <Text size="sm">Over all messages: {sums.join('; ')}.</Text>}
        {run.last_error && (
          <Alert color="red" p="xs" icon={<IconAlertTriangle />} title="It could not go on">
            <Text size="sm" className="breakable">
              {run.last_error}. What was looked at until then keeps its new evidence; begin another one for
              the rest.
            </Text>
          </Alert>
        )}
        {run.failed > 0 && (
          <Alert color="orange" p="xs" icon={<IconAlertTriangle />}>
            {counted(run.failed, 'message')} could not be looked at and{' '}
            {run.failed === 1 ? 'keeps the evidence it has' : 'keep the evidence they have'}.
          </Alert>
        )}
        <div>
          <Title order={2} mb="xs">
            Messages it changed
          </Title>
          <DataTable
            what="Changed messages"
            list={{ rows: messages, error: null, retry: () => {} }}
            columns={COLUMNS}
            rowKey={({ message }) => message}
            rowHref={({ message }) => `/inbox/${message}`}
            compact={(one) => (
              <>
                <Text size="sm" fw={600} className="breakable">
                  {one.subject ?? NO_SUBJECT}
                </Text>
                <Text size="xs" c="dimmed" className="breakable">
                  {changedText(one)}
                </Text>
              </>
            )}
            empty={
              <EmptyState icon={<IconMail size={32} />} title="None">
                {isUnderWay(run) ? 'Nothing changed so far.' : 'Every message reads as before.'}
              </EmptyState>
            }
          />
          {meant > listed && listed > 0 && (
            <Text size="xs" c="dimmed" mt="xs">
              The first {count(listed)} of {count(meant)} are listed.
            </Text>
          )}
        </div>
      </Stack>
    </>
  );
}

function changedText({ changes, error }: ReexaminedMessage): string {
  return error ? `Could not be looked at: ${error}` : changesText(changes);
}

const COLUMNS: Column<ReexaminedMessage>[] = [
  {
    key: 'message',
    header: 'Message',
    width: '45%',
    primary: true,
    render: ({ subject }) => subject ?? NO_SUBJECT,
  },
  { key: 'changes', header: 'What changed', render: changedText },
];
