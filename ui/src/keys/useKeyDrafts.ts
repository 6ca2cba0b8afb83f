// Key files a person gave to this page and that are not kept yet. They live in the page alone and end with it.
import { useCallback, useRef, useState } from 'react';
import type { KeyFacts } from '../api/types';
import { inspectKey, keyFileText } from './decryptionKeys';
import { isWrongPassword } from './keyWords';

export type KeyDraft = {
  id: number;
  file: File;
  state:
    | { is: 'opening' }
    /** It wants a password; `wrong` when one was tried that is not it. */
    | { is: 'locked'; wrong: boolean }
    | { is: 'open'; facts: KeyFacts; bytes: string; password: string }
    | { is: 'refused'; error: unknown };
};

type Tried = { asked: boolean; password: string };

export function useKeyDrafts() {
  const [drafts, setDrafts] = useState<KeyDraft[]>([]);
  const ids = useRef(0);
  /** As of the last change, for what ends later. */
  const now = useRef(drafts);

  const update = useCallback((change: (old: KeyDraft[]) => KeyDraft[]) => {
    now.current = change(now.current);
    setDrafts(now.current);
  }, []);

  const look = useCallback(
    async (id: number, { asked, password }: Tried): Promise<void> => {
      const draft = now.current.find((one) => one.id === id);
      if (!draft) return;
      const set = (state: KeyDraft['state']) =>
        update((old) => old.map((one) => (one.id === id ? { ...one, state } : one)));
      if (asked) set({ is: 'opening' });
      try {
        const bytes = await keyFileText(draft.file);
        set({ is: 'open', facts: await inspectKey(bytes, password), bytes, password });
      } catch (error) {
        if (!isWrongPassword(error)) set({ is: 'refused', error });
        else if (asked) set({ is: 'locked', wrong: password !== '' });
        return;
      }
      if (!asked || password === '') return;
      // Keys that were exported together mostly have one password.
      for (const { id: other, state } of now.current) {
        if (state.is === 'locked') await look(other, { asked: false, password });
      }
    },
    [update],
  );

  const add = (files: File[]) => {
    const added = files.map((file): KeyDraft => {
      ids.current += 1;
      return { id: ids.current, file, state: { is: 'opening' } };
    });
    update((old) => [...old, ...added]);
    // Many keys have no password, and what is no key needs none to be told so.
    for (const { id } of added) void look(id, { asked: true, password: '' });
  };
  const open = (id: number, password: string) => void look(id, { asked: true, password });
  const remove = (id: number) => update((old) => old.filter((one) => one.id !== id));
  return { drafts, add, open, remove };
}
