// Changes a connector; those declared in files are shown read-only.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import type { Connector, ConnectorKind } from '../api/types';
import { PageHeader } from '../shared/PageHeader';
import { FailedState, LoadingRows } from '../shared/states';
import { useAction } from '../shared/useAction';
import { connectorOptions, kindsOptions } from './connectors';
import { ConnectorWizard } from './wizard/ConnectorWizard';
import { type Draft, draftOf, sentSecrets, sentSettings } from './wizard/draft';

export default function EditConnectorPage() {
  const { id = '' } = useParams();
  const kinds = useQuery(kindsOptions);
  const connector = useQuery(connectorOptions(id));
  const failed = [kinds, connector].find((query) => query.isError && !query.data);
  if (failed)
    return <FailedState what="The connector" error={failed.error} retry={() => void failed.refetch()} />;
  if (!kinds.data || !connector.data) return <LoadingRows label="Loading the connector" />;
  return (
    <>
      <PageHeader title={connector.data.settings.name} description="Settings of the connector" />
      <EditConnector key={id} connector={connector.data} kinds={kinds.data} />
    </>
  );
}

function EditConnector(props: { connector: Connector; kinds: ConnectorKind[] }) {
  const { kinds } = props;
  const navigate = useNavigate();
  // The connector as it was when the form was opened: a change by somebody else since then must be noticed.
  const [connector] = useState(props.connector);
  const page = `/settings/connectors/${connector.id}`;
  const update = useAction({
    run: ({ draft, kind }: { draft: Draft; kind: ConnectorKind }) =>
      answer(
        api.PATCH('/connectors/{id}', {
          params: { path: { id: connector.id } },
          body: {
            settings: sentSettings(draft, kind),
            secrets: sentSecrets(draft, kind),
            active: draft.active,
            revision: connector.revision,
          },
        }),
      ),
    done: (changed) => `${changed.settings.name} was changed`,
    failed: 'The connector was not changed',
    quietFailure: true,
    stale: () => [[...keys.connectors], keys.connector(connector.id)],
    onDone: () => navigate(page),
  });
  return (
    <ConnectorWizard
      start={draftOf(connector)}
      kinds={kinds}
      existing={connector}
      save={(draft, kind) => update.mutateAsync({ draft, kind })}
      onCancel={() => navigate(page)}
    />
  );
}
