// What somebody should look at now.
import { ActionIcon, Anchor, Indicator, Popover, Stack, Text, Tooltip } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import { counted } from '../shared/format';
import { FailedState } from '../shared/states';
import { Time } from '../shared/Time';

export function AlarmsBell() {
  const query = useQuery({ queryKey: keys.alarms, queryFn: () => answer(api.GET('/alarms')) });
  const alarms = (query.data?.items ?? []).filter((alarm) => alarm.cleared_at === null);
  const label = alarms.length === 0 ? 'No alarms' : counted(alarms.length, 'alarm');
  return (
    <Popover width={340} position="bottom-end" shadow="md" withinPortal>
      <Popover.Target>
        <Tooltip label={label}>
          <Indicator
            disabled={alarms.length === 0}
            label={alarms.length}
            size={16}
            color="red"
            offset={6}
            aria-hidden={false}
          >
            <ActionIcon size="lg" aria-label={label}>
              <IconBell size={18} />
            </ActionIcon>
          </Indicator>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p="sm" aria-label="Alarms">
        {query.isError && (
          <FailedState what="Alarms" error={query.error} retry={() => void query.refetch()} />
        )}
        {!query.isError && alarms.length === 0 && (
          <Text size="sm" c="dimmed">
            No alarms. Every connector is as it should be.
          </Text>
        )}
        <Stack gap="sm" mah={360} style={{ overflowY: 'auto' }}>
          {alarms.map((alarm) => (
            <div key={alarm.id}>
              <Anchor component={Link} to={`/settings/connectors/${alarm.connector.id}`} size="sm" fw={600}>
                {alarm.connector.name}
              </Anchor>
              <Text size="sm">{alarm.text}</Text>
              <Text size="xs" c="dimmed">
                <Time at={alarm.raised_at} />
              </Text>
            </div>
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
