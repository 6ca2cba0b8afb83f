// What a connector's page says about its source: that it ends, that another stands beside it, that it was left.
import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconArrowBackUp, IconArrowsLeftRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Connector } from '../../api/types';
import { kindsOptions } from '../connectors';

const NOTICE_TITLES: Record<string, string> = { ews: 'Exchange Web Services end' };

type MigrationBannerProps = { connector: Connector; mayManage: boolean };

export function MigrationBanner({ connector, mayManage }: MigrationBannerProps) {
  const { notice, migration, settings, origin } = connector;
  const { here, there } = useSuccessor(connector);
  const link = (text: string) => (
    <Button component={Link} to={`/settings/connectors/${connector.id}/migrate`} size="xs" variant="default">
      {text}
    </Button>
  );
  if (migration === 'shadow') {
    return (
      <Banner
        color="blue"
        icon={<IconArrowsLeftRight />}
        title={`Runs side by side with ${there ?? 'another source'}`}
        action={link('See how they compare')}
      >
        {here} goes on as before, and the two are compared.
      </Banner>
    );
  }
  if (migration === 'switched') {
    return (
      <Banner
        color="teal"
        icon={<IconArrowBackUp />}
        title={`Switched to ${here}`}
        action={link(mayManage ? 'Undo or keep' : 'See the migration')}
      >
        There is a way back to {there ?? 'the source before'}.
      </Banner>
    );
  }
  if (!notice) return null;
  const mayMigrate = mayManage && there && origin.from !== 'file';
  return (
    <Banner
      color="orange"
      icon={<IconAlertTriangle />}
      title={NOTICE_TITLES[settings.kind] ?? `About ${here}`}
      action={mayMigrate && link(`Migrate to ${there}`)}
    >
      {notice}
    </Banner>
  );
}

/** What the kind of a connector is called, and the one it can go on with. */
function useSuccessor({ settings }: Connector): { here: string; there: string | undefined } {
  const { data: kinds = [] } = useQuery(kindsOptions);
  const kind = kinds.find((each) => each.kind === settings.kind);
  const there = kinds.find((each) => kind?.successors.includes(each.kind));
  return { here: kind?.title ?? settings.kind, there: there?.title };
}

type BannerProps = { color: string; icon: ReactNode; title: string; action: ReactNode; children: ReactNode };

function Banner({ color, icon, title, action, children }: BannerProps) {
  return (
    <Alert color={color} icon={icon} title={title} mb="md">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{children}</Text>
        {action}
      </Stack>
    </Alert>
  );
}
