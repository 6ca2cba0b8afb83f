// What was reported in a case: the report of each of its messages, oldest first.
import { Anchor, Button, Stack, Text } from '@mantine/core';
import { Link, useNavigate } from 'react-router';
import type { CaseReport } from '../api/types';
import { Reported } from '../evidence/Reported';
import { NO_SUBJECT } from '../inbox/messages';
import { FailedState } from '../shared/states';
import { Time } from '../shared/Time';
import { useCaseReports } from './cases';

export function CaseReported({ id }: { id: string }) {
  const list = useCaseReports(id);
  if (list.error) return <FailedState what="Reported mail" error={list.error} retry={list.retry} />;
  const rows = list.rows ?? [];
  const several = rows.length > 1 || (rows.length === 1 && list.hasMore);
  if (rows.length === 0 && !list.hasMore) return null;
  return (
    <Stack gap="sm" mb="sm">
      {rows.map((row, at) => (
        <OneReport key={row.message} of={row} number={several ? at + 1 : undefined} />
      ))}
      {list.hasMore && (
        <Button
          variant="default"
          size="xs"
          w="fit-content"
          loading={list.loadingMore}
          onClick={list.loadMore}
        >
          {rows.length === 0 ? 'Look for reported mail in later messages' : 'Show further reports'}
        </Button>
      )}
    </Stack>
  );
}

function OneReport({ of, number }: { of: CaseReport; number: number | undefined }) {
  const { message, subject, received_at, report } = of;
  const navigate = useNavigate();
  const goTo = (where: Record<string, string>) => navigate(`/inbox/${message}?${new URLSearchParams(where)}`);
  return (
    <div>
      <Reported
        report={report}
        number={number}
        onOpen={(path) => goTo({ alone: path })}
        onShow={(path) => goTo({ tab: 'parts', part: path })}
      />
      <Text size="xs" c="dimmed" mt={4} component="div" className="breakable">
        In{' '}
        <Anchor component={Link} to={`/inbox/${message}`} size="xs" underline="always">
          {subject || NO_SUBJECT}
        </Anchor>
        , received <Time at={received_at} />
      </Text>
    </div>
  );
}
