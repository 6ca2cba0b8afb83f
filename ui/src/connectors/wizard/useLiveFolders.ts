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
    mutationFn: () => answer(api.POST('/connectors/folders', { body: triedConnector(draft, kind) })),
  });
  return {
    folders: list.data?.folders,
    error: list.error,
    loading: list.isPending,
    asked: !list.isIdle,
    load: () => list.mutate(),
  };
}
