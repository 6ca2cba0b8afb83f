// Above a message that seems to be from the organization itself and may not be: whoever only reads it has to know.
import { Alert } from '@mantine/core';
import { IconMasksTheater } from '@tabler/icons-react';
import type { Verdicts } from '../api/types';
import { MarkList } from './MarkList';

type Kind = Verdicts['marks'][number]['kind'];

const IMITATIONS: readonly Kind[] = ['looks_like_own_domain', 'name_of_own_person', 'own_domain_unproven'];

export function Imitation({ verdicts: { marks } }: { verdicts: Verdicts }) {
  const found = marks.filter(({ kind }) => IMITATIONS.includes(kind));
  if (found.length === 0) return null;
  return (
    <Alert color="orange" p="xs" icon={<IconMasksTheater />} title="Looks like yours, and may not be">
      <MarkList marks={found} />
    </Alert>
  );
}
