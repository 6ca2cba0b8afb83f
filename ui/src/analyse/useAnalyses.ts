// The files a person gave to this page, one analysed after the other. They live in the page alone and end with it.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Evidence } from '../api/types';
import type { EvidenceSection } from '../evidence/EvidenceTabs';
import { analyseFile } from './upload';

export type Analysis = {
  id: number;
  file: File;
  sections: readonly EvidenceSection[];
  state:
    | { is: 'waiting' }
    /** Share of the file that is sent; 1 while the server takes it apart. */
    | { is: 'under_way'; sent: number }
    | { is: 'done'; evidence: Evidence }
    | { is: 'failed'; error: unknown };
};

export function useAnalyses() {
  const [analyses, setAnalyses] = useState<Analysis[]>([]);
  const ids = useRef(0);
  const running = useRef<{ id: number; abort: AbortController } | null>(null);

  const change = useCallback((id: number, state: Analysis['state']) => {
    setAnalyses((old) => old.map((one) => (one.id === id ? { ...one, state } : one)));
  }, []);

  useEffect(() => {
    const next = analyses.find(({ state }) => state.is === 'waiting');
    if (running.current || !next) return;
    const { id, file, sections } = next;
    const abort = new AbortController();
    running.current = { id, abort };
    change(id, { is: 'under_way', sent: 0 });
    const onSent = (sent: number) => change(id, { is: 'under_way', sent });
    analyseFile({ file, sections, signal: abort.signal, onSent })
      .then(
        (evidence): Analysis['state'] => ({ is: 'done', evidence }),
        (error: unknown): Analysis['state'] => ({ is: 'failed', error }),
      )
      .then((state) => {
        running.current = null;
        change(id, state);
      });
  }, [analyses, change]);

  useEffect(() => () => running.current?.abort.abort(), []);

  const add = (files: File[], sections: readonly EvidenceSection[]) => {
    const added = files.map((file): Analysis => {
      ids.current += 1;
      return { id: ids.current, file, sections, state: { is: 'waiting' } };
    });
    setAnalyses((old) => [...old, ...added]);
    return added[0]?.id;
  };
  const remove = (id: number) => {
    if (running.current?.id === id) running.current.abort.abort();
    setAnalyses((old) => old.filter((one) => one.id !== id));
  };
  const retry = (id: number) => change(id, { is: 'waiting' });
  return { analyses, add, remove, retry };
}
