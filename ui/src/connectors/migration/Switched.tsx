// The sources changed places: undone, or kept for good.
import { Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowBackUp, IconCheck } from '@tabler/icons-react';
import { useNavigate } from 'react-router';
import type { Connector, Migration } from '../../api/types';
import { Confirm } from '../../shared/confirm';
import { Panel } from '../../shared/Panel';
import { Time } from '../../shared/Time';
import { useEndMigration, useSwitchSources } from '../connectors';
import type { SourceTitles } from './verdict';

type SwitchedProps = {
  connector: Connector;
  migration: Migration;
  titles: SourceTitles;
  mayManage: boolean;
};

export function Switched({ connector, migration, titles, mayManage }: SwitchedProps) {
  return (
    <Panel title="Switched">
      <Stack gap="md">
        <Text size="sm" component="div" className="breakable">
          <strong>{connector.settings.name}</strong> reads its mailbox with {titles.here}: it switched{' '}
          <Time at={migration.switched_at} />. {titles.there} reads nothing any more; its settings and secrets
          are kept as the way back.
        </Text>
        {mayManage && (
          <Group gap="xs">
            <Undo connector={connector} titles={titles} />
            <Keep connector={connector} titles={titles} />
          </Group>
        )}
      </Stack>
    </Panel>
  );
}

type WayProps = Pick<SwitchedProps, 'connector' | 'titles'>;

function Undo({ connector, titles }: WayProps) {
  const [asking, ask] = useDisclosure(false);
  const { name } = connector.settings;
  const undo = useSwitchSources({
    connector,
    done: `${name} is back with ${titles.there}`,
    failed: `${name} stays with ${titles.here}`,
    onDone: ask.close,
  });
  return (
    <>
      <Button variant="default" leftSection={<IconArrowBackUp size={16} />} onClick={ask.open}>
        Undo
      </Button>
      <Confirm
        opened={asking}
        title={`Go back to ${titles.there}?`}
        confirmLabel="Go back"
        busy={undo.isPending}
        onConfirm={() => undo.mutate()}
        onClose={ask.close}
      >
        <Text size="sm">
          <strong>{name}</strong> goes on with {titles.there} from where it stands now. No message is taken
          twice and none is missed. {titles.here} stays beside it, so that you can switch again.
        </Text>
      </Confirm>
    </>
  );
}

function Keep({ connector, titles }: WayProps) {
  const [asking, ask] = useDisclosure(false);
  const navigate = useNavigate();
  const { id, settings } = connector;
  const keep = useEndMigration(id, `${settings.name} keeps ${titles.here}`, () =>
    navigate(`/settings/connectors/${id}`),
  );
  return (
    <>
      <Button variant="default" leftSection={<IconCheck size={16} />} onClick={ask.open}>
        Keep {titles.here}
      </Button>
      <Confirm
        opened={asking}
        title={`Keep ${titles.here} for good?`}
        confirmLabel={`Keep ${titles.here}`}
        dangerous
        busy={keep.isPending}
        onConfirm={() => keep.mutate()}
        onClose={ask.close}
      >
        <Text size="sm">
          The settings and secrets of {titles.there} are forgotten: this cannot be undone any more. Messages
          and cases stay.
        </Text>
      </Confirm>
    </>
  );
}
