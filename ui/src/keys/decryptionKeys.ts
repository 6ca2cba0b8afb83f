// Decryption keys as the pages ask for them, and the changes to them.
import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import { Problem } from '../api/problem';
import type { AddKey, DecryptionKey, KeyFacts } from '../api/types';
import { useAction } from '../shared/useAction';
import { base64Of, KEY_FILE_BYTES_MAX } from './keyWords';

export function useDecryptionKeys() {
  return useQuery({
    queryKey: keys.decryptionKeys,
    queryFn: async () => (await answer(api.GET('/keys'))).items,
  });
}

/** The bytes of a key file as they are sent; a file that is too large is not even read. */
export async function keyFileText(file: File): Promise<string> {
  if (file.size > KEY_FILE_BYTES_MAX) throw new Problem(413, { code: 'too_large' });
  return base64Of(new Uint8Array(await file.arrayBuffer()));
}

/** What is in a key file; it is kept nowhere. */
export function inspectKey(file: string, password: string): Promise<KeyFacts> {
  return answer(api.POST('/keys/inspections', { body: { file, password } }));
}

const STALE = [[...keys.decryptionKeys], [...keys.reexaminations]];

export function useAddKey(onDone: (key: DecryptionKey) => void) {
  return useAction({
    run: (body: AddKey) => answer(api.POST('/keys', { body })),
    done: ({ name }) => `${name} is kept. Messages that wait for a key are looked at again.`,
    failed: 'The key is not kept',
    quietFailure: true,
    stale: () => STALE,
    onDone,
  });
}

export function useDeleteKey(onDone: () => void) {
  return useAction({
    run: ({ id }: DecryptionKey) => answer(api.DELETE('/keys/{id}', { params: { path: { id } } })),
    done: (_, { name }) => `${name} is forgotten`,
    failed: 'The key is not forgotten',
    stale: () => STALE,
    onDone,
  });
}
