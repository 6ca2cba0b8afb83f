// What was reported in a case, by its first message that reports anything.
import { Anchor, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { Reported } from '../evidence/Reported';
import { messageOptions } from '../inbox/messages';
import { useCaseMessages } from './cases';

export function CaseReported({ id }: { id: string }) {
  const { rows } = useCaseMessages(id);
  // The case was made of the oldest message that no machine wrote.
  const first = rows?.filter(({ automatic }) => !automatic).sort(byArrival)[0];
  const query = useQuery({ ...messageOptions(first?.id ?? ''), enabled: first !== undefined });
  const navigate = useNavigate();
  const report = query.data?.evidence?.reported;
  if (!first || !report) return null;
  const goTo = (where: Record<string, string>) =>
    navigate(`/inbox/${first.id}?${new URLSearchParams(where)}`);
  return (
    <div>
      <Reported
        report={report}
        onOpen={(path) => goTo({ alone: path })}
        onShow={(path) => goTo({ tab: 'parts', part: path })}
      />
      <Text size="xs" c="dimmed" mt={4} mb="sm">
        From the first message of the case.{' '}
        <Anchor component={Link} to={`/inbox/${first.id}`} size="xs" underline="always">
          Open the message
        </Anchor>
      </Text>
    </div>
  );
}

function byArrival(one: { received_at: string }, other: { received_at: string }): number {
  return one.received_at.localeCompare(other.received_at);
}
