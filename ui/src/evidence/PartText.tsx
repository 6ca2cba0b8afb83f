// The text of a part, and the charset it is read in.
import { Group, Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import type { Part } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { FailedState, LoadingRows } from '../shared/states';
import { charsetChoices, readAsWords } from './partWords';
import { Section } from './Section';
import { TextBlock } from './TextBlock';

export function PartText({ message, part }: { message: string; part: Part }) {
  const [charset, setCharset] = useState<string | null>(null);
  const { path } = part;
  const query = useQuery({
    queryKey: keys.message(message, 'text', path, charset ?? ''),
    queryFn: () =>
      answer(
        api.GET('/messages/{id}/parts/text', {
          params: { path: { id: message }, query: { path, charset: charset ?? undefined } },
        }),
      ),
  });
  return (
    <Section
      title="Text"
      actions={
        <Group gap={4} wrap="nowrap">
          <Select
            aria-label="Charset"
            placeholder="Read in another charset"
            size="xs"
            w={200}
            searchable
            clearable
            value={charset}
            onChange={setCharset}
            data={charsetChoices(part)}
            nothingFoundMessage="No such charset"
          />
          {query.data && <CopyButton value={query.data.content} label="Copy the text" />}
        </Group>
      }
    >
      {query.isError && (
        <FailedState what="The text" error={query.error} retry={() => void query.refetch()} />
      )}
      {query.isPending && <LoadingRows rows={3} label="Loading the text" />}
      {query.data && (
        <>
          <Text size="xs" c="dimmed" mb={4} role="status">
            {readAsWords(query.data.read_as)}
          </Text>
          <TextBlock content={query.data.content} truncated={query.data.truncated} />
        </>
      )}
    </Section>
  );
}
