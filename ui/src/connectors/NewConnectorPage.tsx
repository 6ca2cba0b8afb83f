// Connects a mailbox.
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import type { ConnectorKind } from '../api/types';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState, FailedState, LoadingRows } from '../shared/states';
import { useAction } from '../shared/useAction';
import { kindsOptions } from './connectors';
import { ConnectorWizard } from './wizard/ConnectorWizard';
import { type Draft, newDraft, sentSecrets, sentSettings } from './wizard/draft';

export default function NewConnectorPage() {
  const kinds = useQuery(kindsOptions);
  return (
    <>
      <PageHeader title="New connector" />
      {kinds.isError && (
        <FailedState what="The types of connectors" error={kinds.error} retry={() => void kinds.refetch()} />
      )}
      {kinds.isPending && <LoadingRows />}
      {kinds.data && <NewConnector kinds={kinds.data} />}
    </>
  );
}

function NewConnector({ kinds }: { kinds: ConnectorKind[] }) {
  const navigate = useNavigate();
  const create = useAction({
    run: ({ draft, kind }: { draft: Draft; kind: ConnectorKind }) =>
      answer(
        api.POST('/connectors', {
          body: {
            settings: sentSettings(draft, kind),
            secrets: sentSecrets(draft, kind),
            active: draft.active,
          },
        }),
      ),
    done: (connector) => `${connector.settings.name} was made`,
    failed: 'The connector was not made',
    quietFailure: true,
    stale: () => [[...keys.connectors]],
    onDone: (connector) => navigate(`/settings/connectors/${connector.id}`),
  });
  // Most mailboxes are IMAP ones.
  const first = kinds.find(({ kind }) => kind === 'imap') ?? kinds[0];
  if (!first) return <EmptyState title="This server knows no type of connector" />;
  return (
    <ConnectorWizard
      start={newDraft(first)}
      kinds={kinds}
      save={(draft, kind) => create.mutateAsync({ draft, kind })}
      onCancel={() => navigate('/settings/connectors')}
    />
  );
}
