// What happened on a case, newest first, and the place to write notes.
import { Anchor, Button, Center, Group, Stack, Text, Textarea } from '@mantine/core';
import {
  IconArrowBackUp,
  IconCirclePlus,
  IconEdit,
  IconMail,
  IconMessage,
  IconPoint,
  type IconProps,
} from '@tabler/icons-react';
import { type ComponentType, useState } from 'react';
import { Link } from 'react-router';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import type { TimelineEntry } from '../api/types';
import { title } from '../shared/format';
import { EmptyState, FailedState, LoadingRows } from '../shared/states';
import { Time } from '../shared/Time';
import { useAction } from '../shared/useAction';
import { useCaseTimeline } from './cases';
import classes from './Timeline.module.css';
import { factsText } from './timelineFacts';

const KINDS: Record<string, { icon: ComponentType<IconProps>; words: string }> = {
  created: { icon: IconCirclePlus, words: 'Case made' },
  message_joined: { icon: IconMail, words: 'Message joined' },
  reopened: { icon: IconArrowBackUp, words: 'Opened again' },
  note: { icon: IconMessage, words: 'Note' },
  changed: { icon: IconEdit, words: 'Changed' },
};

export function Timeline({ id, mayWrite }: { id: string; mayWrite: boolean }) {
  const list = useCaseTimeline(id);
  return (
    <Stack gap="md">
      {mayWrite && <AddNote id={id} />}
      {list.error && <FailedState what="The timeline" error={list.error} retry={list.retry} />}
      {!list.rows && !list.error && <LoadingRows rows={4} label="Loading the timeline" />}
      {list.rows?.length === 0 && <EmptyState title="Nothing happened yet" />}
      {list.rows && list.rows.length > 0 && (
        <ol className={classes.entries} aria-label="Timeline">
          {list.rows.map((entry) => (
            <Entry key={entry.id} entry={entry} />
          ))}
        </ol>
      )}
      {list.hasMore && (
        <Center>
          <Button variant="default" size="xs" loading={list.loadingMore} onClick={list.loadMore}>
            Load more
          </Button>
        </Center>
      )}
    </Stack>
  );
}

function Entry({ entry }: { entry: TimelineEntry }) {
  const kind = KINDS[entry.kind];
  const Icon = kind?.icon ?? IconPoint;
  // The message has a link of its own.
  const { message: _, ...others } = entry.facts;
  const facts = factsText(others);
  return (
    <li className={classes.entry}>
      <span className={classes.mark} aria-hidden>
        <Icon size={15} />
      </span>
      <div style={{ minWidth: 0, flex: 1 }}>
        <Group gap={6}>
          <Text size="sm" fw={600}>
            {kind?.words ?? title(entry.kind)}
          </Text>
          <Text size="xs" c="dimmed">
            {entry.actor?.display_name ?? 'Mailcase'} · <Time at={entry.at} />
          </Text>
          {entry.message && (
            <Anchor component={Link} to={`/inbox/${entry.message}`} size="xs">
              Open message
            </Anchor>
          )}
        </Group>
        {entry.text && (
          <Text size="sm" className={`breakable ${entry.kind === 'note' ? classes.note : ''}`}>
            {entry.text}
          </Text>
        )}
        {facts.map((fact) => (
          <Text key={fact} size="sm" c="dimmed" className="breakable">
            {fact}
          </Text>
        ))}
      </div>
    </li>
  );
}

function AddNote({ id }: { id: string }) {
  const [text, setText] = useState('');
  const add = useAction({
    run: () =>
      answer(api.POST('/cases/{id}/notes', { params: { path: { id } }, body: { text: text.trim() } })),
    done: 'The note was added',
    failed: 'The note was not added',
    stale: () => [keys.case(id, 'timeline'), keys.case(id)],
    onDone: () => setText(''),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) add.mutate();
      }}
    >
      <Stack gap="xs">
        <Textarea
          label="New note"
          placeholder="What was found, decided or done"
          autosize
          minRows={2}
          maxRows={12}
          maxLength={20_000}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && text.trim()) add.mutate();
          }}
        />
        <Group justify="flex-end">
          <Button type="submit" size="xs" disabled={!text.trim()} loading={add.isPending}>
            Add note
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
