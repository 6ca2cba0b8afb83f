// Tries the connection of a draft. Trusting a certificate changes the draft and tries again.
import { useMutation } from '@tanstack/react-query';
import { answer, api } from '../../api/client';
import type { ConnectorKind } from '../../api/types';
import { type Draft, type Peer, triedConnector, trustPath, withTrusted } from './draft';
import type { ConnectionTest } from './TestPanel';

type Tried = {
  draft: Draft;
  kind: ConnectorKind;
  /** Takes the draft that trusts a certificate; absent where nothing may be changed. */
  trusting?: (draft: Draft) => void;
};

export function useConnectionTest({ draft, kind, trusting }: Tried): ConnectionTest {
  const run = useMutation({
    mutationFn: (tried: Draft) => answer(api.POST('/connectors/test', { body: triedConnector(tried, kind) })),
  });
  const trust = (peer: Peer) => {
    const path = trusting && trustPath(kind, peer);
    if (!path) return undefined;
    return (pem: string) => {
      const changed = withTrusted(draft, path, pem);
      trusting(changed);
      run.mutate(changed);
    };
  };
  // A result says nothing about settings that were changed since.
  const current = run.variables === draft;
  return {
    report: current ? run.data : undefined,
    error: current ? run.error : null,
    running: run.isPending,
    run: () => run.mutate(draft),
    trust: { server: trust('server'), proxy: trust('proxy') },
  };
}
