// "4,812 = 4,812", or what is missing and the button that fetches it.
import { Button, Group, Stack, Table, Text, ThemeIcon } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconDownload, IconScale } from '@tabler/icons-react';
import type { Accounting, Connector, GapReason } from '../api/types';
import { byteSize, count, counted } from '../shared/format';
import { Panel } from '../shared/Panel';
import { SCROLLED_BY_KEYS } from '../shared/scrolledByKeys';
import { FailedState, LoadingRows } from '../shared/states';
import { Time } from '../shared/Time';
import { useAccounting, useFetchGaps, useRunAccounting } from './connectors';

type AccountedFolder = Accounting['folders'][number];

export function AccountingPanel({ connector, mayManage }: { connector: Connector; mayManage: boolean }) {
  const query = useAccounting(connector.id);
  const run = useRunAccounting(connector.id);
  return (
    <Panel
      title="Accounting"
      actions={
        mayManage && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconScale size={14} />}
            loading={run.isPending}
            onClick={() => run.mutate()}
          >
            Count now
          </Button>
        )
      }
    >
      {query.isError && (
        <FailedState what="The accounting" error={query.error} retry={() => void query.refetch()} />
      )}
      {query.isPending && <LoadingRows rows={3} label="Loading the accounting" />}
      {query.data === null && (
        <Text size="sm" c="dimmed">
          Not counted yet. The accounting compares what the server holds with what is stored here; it runs
          nightly and when asked.
        </Text>
      )}
      {query.data && <Result connector={connector} accounting={query.data} mayManage={mayManage} />}
    </Panel>
  );
}

type ResultProps = { connector: Connector; accounting: Accounting; mayManage: boolean };

function Result({ connector, accounting, mayManage }: ResultProps) {
  const fetchGaps = useFetchGaps(connector.id);
  const missing = accounting.folders.reduce((sum, folder) => sum + folder.gap_count, 0);
  return (
    <Stack gap="sm">
      <Group gap="sm" wrap="nowrap">
        <ThemeIcon variant="light" color={accounting.balanced ? 'teal' : 'orange'} size="lg" radius="xl">
          {accounting.balanced ? <IconCheck size={20} /> : <IconAlertTriangle size={20} />}
        </ThemeIcon>
        <div>
          <Text size={accounting.balanced ? 'xl' : 'md'} fw={600} className="tabular">
            {accounting.summary}
          </Text>
          <Text size="xs" c="dimmed" component="div">
            on the server against stored here · counted <Time at={accounting.at} />
          </Text>
        </div>
      </Group>
      {missing > 0 && (
        <Group justify="space-between">
          <Text size="sm">{counted(missing, 'message is', 'messages are')} missing or different.</Text>
          {mayManage && (
            <Button
              size="xs"
              leftSection={<IconDownload size={14} />}
              loading={fetchGaps.isPending}
              onClick={() => fetchGaps.mutate()}
            >
              Fetch
            </Button>
          )}
        </Group>
      )}
      {maybeLeftOut(connector, accounting) && (
        <Text size="xs" c="dimmed">
          A mailbox that keeps no order of arrival, such as a Maildir or a directory of files, cannot tell
          which messages the first run left out: they are among those never listed, and Fetch takes them too.
        </Text>
      )}
      {accounting.uncounted.map(({ folder, reason }) => (
        <div key={folder}>
          <Group justify="space-between">
            <Text size="sm" fw={500} className="breakable">
              {folder}
            </Text>
            <Text size="sm" c="red">
              not counted
            </Text>
          </Group>
          <Text size="xs" c="dimmed" className="breakable">
            {reason}
          </Text>
        </div>
      ))}
      {accounting.folders.map((folder) => (
        <FolderResult key={folder.folder} folder={folder} />
      ))}
    </Stack>
  );
}

/** Whether gaps may be messages the first run left out on purpose. */
function maybeLeftOut({ settings }: Connector, { folders }: Accounting): boolean {
  if (settings.fetch === 'unseen' || settings.backfill?.take === 'all') return false;
  return folders.some((folder) => folder.gaps.some((gap) => gap.reason === 'never_listed'));
}

const REASONS: Record<GapReason, string> = {
  never_listed: 'was never listed',
  needs_attention: 'could not be fetched',
  believed_gone: 'was believed gone',
  size_differs: 'is stored with another size',
};

/** What of a folder is neither stored nor missing. */
function expectedText({ pending, not_yet_listed, filtered_out, out_of_scope }: AccountedFolder): string {
  const parts = [
    pending > 0 ? `${count(pending)} still to be fetched` : '',
    not_yet_listed > 0 ? `${count(not_yet_listed)} arrived since the last poll` : '',
    filtered_out > 0 ? `${count(filtered_out)} left out by the pre-filter` : '',
    out_of_scope > 0 ? `${count(out_of_scope)} outside what is taken` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

function FolderResult({ folder }: { folder: AccountedFolder }) {
  return (
    <div>
      <Group justify="space-between">
        <Text size="sm" fw={500} className="breakable">
          {folder.folder}
        </Text>
        <Text size="sm" c="dimmed" className="tabular">
          {count(folder.stored)} of {count(folder.on_server)} stored
        </Text>
      </Group>
      <Text size="xs" c="dimmed">
        {expectedText(folder)}
      </Text>
      {folder.gaps.length > 0 && (
        <Table.ScrollContainer minWidth={320} maxHeight={220} {...SCROLLED_BY_KEYS}>
          <Table fz="xs" verticalSpacing={4} aria-label={`Missing from ${folder.folder}`}>
            <Table.Tbody>
              {folder.gaps.map((gap) => (
                <Table.Tr key={gap.remote_id}>
                  <Table.Td className="mono breakable">{gap.remote_id}</Table.Td>
                  <Table.Td>{gap.size == null ? '' : byteSize(gap.size)}</Table.Td>
                  <Table.Td>{REASONS[gap.reason]}</Table.Td>
                  <Table.Td>
                    <Time at={gap.received_at} fallback="" />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {folder.gap_count > folder.gaps.length && (
        <Text size="xs" c="dimmed">
          and {count(folder.gap_count - folder.gaps.length)} more
        </Text>
      )}
    </div>
  );
}
