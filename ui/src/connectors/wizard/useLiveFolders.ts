// The folders of the mailbox, as the server lists them now. Asked for when somebody wants them.
import { useMutation } from '@tanstack/react-query';
import { answer, api } from '../../api/client';
import type { ConnectorKind, Folder } from '../../api/types';
import { type Draft, triedConnector } from './draft';

export type LiveFolders = {
  folders: Folder[] | undefined;
  error: Error | null;
  loading: boolean;
  asked: boolean;
  load: () => void;
};

export function useLiveFolders(draft: Draft, kind: ConnectorKind): LiveFolders {
  const list = useMutation({
    mutationFn: (_account: string) =>
      answer(api.POST('/connectors/folders', { body: triedConnector(draft, kind) })),
  });
  // A list of another account's folders is no list of this one's.
  const account = JSON.stringify([draft.settings.kind, draft.settings.connection, draft.secrets]);
  const current = list.variables === account;
  return {
    folders: current ? list.data?.folders : undefined,
    error: current ? list.error : null,
    loading: current && list.isPending,
    asked: current,
    load: () => list.mutate(account),
  };
}
