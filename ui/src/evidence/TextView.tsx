// The best plain text of a message.
import { Anchor, Group, Text } from '@mantine/core';
import type { Evidence } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { EmptyState } from '../shared/states';
import { partAt } from './parts';
import { readAsWords } from './partWords';
import { TextBlock } from './TextBlock';

type TextViewProps = {
  evidence: Pick<Evidence, 'text' | 'root'>;
  /** Opens a part, where its text can be read in another charset. */
  onOpen?: (path: string) => void;
};

export function TextView({ evidence: { text, root }, onOpen }: TextViewProps) {
  if (!text?.content) {
    const encrypted = root.lock?.needs === 'key' || root.children.some(({ lock }) => lock?.needs === 'key');
    return (
      <EmptyState title="No text">
        {encrypted ? 'What it holds is encrypted, and needs a key.' : 'The message holds no text to read.'}
      </EmptyState>
    );
  }
  const readAs = partAt(root, text.path)?.read_as;
  return (
    <>
      <Group justify="space-between" mb={4} wrap="nowrap" gap="xs">
        <Text size="xs" c="dimmed">
          From part {text.path}. {readAs && readAsWords(readAs)}{' '}
          {onOpen && (
            <Anchor
              component="button"
              type="button"
              size="xs"
              underline="always"
              onClick={() => onOpen(text.path)}
            >
              Read in another charset
            </Anchor>
          )}
        </Text>
        <CopyButton value={text.content} label="Copy the text" />
      </Group>
      <TextBlock content={text.content} truncated={text.truncated} />
    </>
  );
}
