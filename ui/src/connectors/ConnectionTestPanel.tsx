// Tries the connection of a saved connector, with its stored settings and secrets.
import { useMutation } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import type { Connector } from '../api/types';
import { Panel } from '../shared/Panel';
import { TestPanel } from './wizard/TestPanel';

/** Only for those who may manage connectors. */
export function ConnectionTestPanel({ connector }: { connector: Connector }) {
  const { id, settings, origin, revision } = connector;
  const run = useMutation({
    mutationFn: (_revision: number) => answer(api.POST('/connectors/test', { body: { id, settings } })),
  });
  // A result says nothing about settings that were changed since.
  const current = run.variables === revision;
  return (
    <Panel title="Connection">
      <TestPanel
        test={{
          report: current ? run.data : undefined,
          error: current ? run.error : null,
          running: run.isPending,
          run: () => run.mutate(revision),
          trustAt: origin.from === 'file' ? undefined : `/settings/connectors/${id}/edit`,
        }}
      />
    </Panel>
  );
}
