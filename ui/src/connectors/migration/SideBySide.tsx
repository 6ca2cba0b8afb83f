// The source in use goes on, the other one stands beside it: how they compare, and what may be done.
import { Button, Divider, Group, Stack, Text } from '@mantine/core';
import { useDisclosure, useId } from '@mantine/hooks';
import { IconArrowsLeftRight, IconScale } from '@tabler/icons-react';
import { useNavigate } from 'react-router';
import type { Connector, Migration } from '../../api/types';
import { Confirm } from '../../shared/confirm';
import { Panel } from '../../shared/Panel';
import { Time } from '../../shared/Time';
import { useCompareSources, useEndMigration, useSwitchSources } from '../connectors';
import { ComparisonReport } from './ComparisonReport';
import { type SourceTitles, whyNotYet } from './verdict';

type SideBySideProps = {
  connector: Connector;
  migration: Migration;
  titles: SourceTitles;
  mayManage: boolean;
  onChange: () => void;
};

export function SideBySide({ connector, migration, titles, mayManage, onChange }: SideBySideProps) {
  const compare = useCompareSources(connector.id);
  return (
    <Panel
      title="Side by side"
      actions={
        mayManage && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconScale size={14} />}
            loading={compare.isPending}
            onClick={() => compare.mutate()}
          >
            Compare now
          </Button>
        )
      }
    >
      <Stack gap="md">
        <Text size="sm" component="div" className="breakable">
          {migration.started_by
            ? `${migration.started_by} put ${titles.there} beside ${titles.here}`
            : `${titles.there} was put beside ${titles.here}`}{' '}
          <Time at={migration.started_at} />. It takes nothing and changes nothing. The two are compared every
          quarter of an hour.
        </Text>
        {compare.isPending && (
          <Text size="sm" c="dimmed" role="status">
            Comparing: this can take a minute.
          </Text>
        )}
        <ComparisonReport migration={migration} titles={titles} />
        {mayManage && (
          <>
            <Divider color="var(--line)" />
            <Ways
              connector={connector}
              migration={migration}
              titles={titles}
              comparing={compare.isPending}
              onChange={onChange}
            />
          </>
        )}
      </Stack>
    </Panel>
  );
}

type WaysProps = Omit<SideBySideProps, 'mayManage'> & { comparing: boolean };

function Ways({ connector, migration, titles, comparing, onChange }: WaysProps) {
  const reason = comparing ? 'Switching waits for the comparison.' : whyNotYet(migration);
  const reasonId = useId();
  const [givingUp, askGivingUp] = useDisclosure(false);
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Switch
          connector={connector}
          titles={titles}
          disabled={reason !== null}
          describedBy={reason === null ? undefined : reasonId}
        />
        <Button variant="default" onClick={onChange}>
          Change the settings
        </Button>
        <Button variant="subtle" color="red" onClick={askGivingUp.open}>
          Give up
        </Button>
      </Group>
      {reason && (
        <Text size="sm" c="dimmed" id={reasonId}>
          {reason}
        </Text>
      )}
      <GiveUp connector={connector} titles={titles} opened={givingUp} onClose={askGivingUp.close} />
    </Stack>
  );
}

type SwitchProps = {
  connector: Connector;
  titles: SourceTitles;
  disabled: boolean;
  describedBy: string | undefined;
};

function Switch({ connector, titles, disabled, describedBy }: SwitchProps) {
  const [asking, ask] = useDisclosure(false);
  const { name } = connector.settings;
  const change = useSwitchSources({
    connector,
    done: `${name} goes on with ${titles.there}`,
    failed: `${name} stays with ${titles.here}`,
    onDone: ask.close,
  });
  return (
    <>
      <Button
        leftSection={<IconArrowsLeftRight size={16} />}
        disabled={disabled}
        aria-describedby={describedBy}
        onClick={ask.open}
      >
        Switch to {titles.there}
      </Button>
      <Confirm
        opened={asking}
        title={`Switch to ${titles.there}?`}
        confirmLabel="Switch"
        busy={change.isPending}
        onConfirm={() => change.mutate()}
        onClose={ask.close}
      >
        <Stack gap="xs">
          <Text size="sm">
            <strong>{name}</strong> stops reading with {titles.here} and goes on with {titles.there} from the
            same place. No message is taken twice and none is missed; when something fails on the way,
            everything stays as it is.
          </Text>
          <Text size="sm">
            It can be undone: {titles.here} is kept as the way back until you say otherwise.
          </Text>
        </Stack>
      </Confirm>
    </>
  );
}

type GiveUpProps = { connector: Connector; titles: SourceTitles; opened: boolean; onClose: () => void };

function GiveUp({ connector, titles, opened, onClose }: GiveUpProps) {
  const navigate = useNavigate();
  const { id, settings } = connector;
  const end = useEndMigration(id, `${settings.name} stays with ${titles.here}`, () =>
    navigate(`/settings/connectors/${id}`),
  );
  return (
    <Confirm
      opened={opened}
      title="Give up the migration?"
      confirmLabel="Give up"
      dangerous
      busy={end.isPending}
      onConfirm={() => end.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        {settings.name} stays with {titles.here}. The settings and secrets of {titles.there} are forgotten.
      </Text>
    </Confirm>
  );
}
