// Takes key files, has each opened, shown and kept.
import { Stack } from '@mantine/core';
import { DropZone } from '../shared/DropZone';
import { KeyDraftCard } from './KeyDraftCard';
import { KEY_FILE_ENDINGS } from './keyWords';
import { useKeyDrafts } from './useKeyDrafts';

type AddKeysProps = {
  title?: string;
  connector?: string | null;
  recipients?: string[];
  small?: boolean;
  onKept?: () => void;
};

export function AddKeys({
  title = 'Drop key files here',
  connector = null,
  recipients = [],
  small,
  onKept,
}: AddKeysProps) {
  const { drafts, add, open, remove } = useKeyDrafts();
  return (
    <Stack gap="sm">
      <DropZone
        title={title}
        hint={
          small
            ? 'PKCS#12 (.p12, .pfx) or OpenPGP (.asc, .gpg), with its password'
            : 'A PKCS#12 file (.p12, .pfx) or an OpenPGP private key (.asc, .gpg), with its password; up to 1 MiB each'
        }
        accept={KEY_FILE_ENDINGS}
        small={small || drafts.length > 0}
        onFiles={add}
      />
      {drafts.map((draft) => (
        <KeyDraftCard
          key={draft.id}
          draft={draft}
          connector={connector}
          recipients={recipients}
          onPassword={(password) => open(draft.id, password)}
          onKept={() => {
            remove(draft.id);
            onKept?.();
          }}
          onDiscard={() => remove(draft.id)}
        />
      ))}
    </Stack>
  );
}
