// A part looked at by itself, over the page, as if it had arrived alone.
import { Modal, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import type { Part } from '../api/types';
import { FailedState, LoadingRows } from '../shared/states';
import { EvidenceTabs } from './EvidenceTabs';
import { partName } from './partWords';

type PartAloneProps = { message: string; part: Part | undefined; onClose: () => void };

export function PartAlone({ message, part, onClose }: PartAloneProps) {
  return (
    <Modal
      opened={part !== undefined}
      onClose={onClose}
      size="min(1100px, 94vw)"
      title={
        <Text fw={600} className="breakable">
          {part && partName(part)} by itself
        </Text>
      }
    >
      {part && <EvidenceOfPart message={message} path={part.path} />}
    </Modal>
  );
}

function EvidenceOfPart({ message, path }: { message: string; path: string }) {
  const query = useQuery({
    queryKey: keys.message(message, 'evidence', path),
    queryFn: () =>
      answer(
        api.GET('/messages/{id}/parts/evidence', { params: { path: { id: message }, query: { path } } }),
      ),
  });
  if (query.isError) {
    return <FailedState what="The part" error={query.error} retry={() => void query.refetch()} />;
  }
  if (!query.data) return <LoadingRows label="Taking the part apart" />;
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        Part {path}, as if it had arrived by itself. Paths begin anew; nothing of this is kept.
      </Text>
      <EvidenceTabs evidence={query.data} />
    </>
  );
}
