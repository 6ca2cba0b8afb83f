// A page as its reader saw it, made harmless: sanitised by the server, in a frame that can do nothing. Beside it what
// the reader did not see: where links lead, hidden text, what was taken out, what the codes in pictures say.
import { Badge, Group, SegmentedControl, Stack, Tabs, Text } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { previewUrl } from '../api/links';
import type { Part } from '../api/types';
import { counted } from '../shared/format';
import { FailedState } from '../shared/states';
import { Codes } from './Codes';
import { HiddenText } from './HiddenText';
import { LinkTable } from './LinkTable';
import classes from './Preview.module.css';
import { codesIn, codeWord, firstTab, hidesOnPurpose, removedWords } from './previewWords';
import { RemovedList } from './RemovedList';
import { usePreviewFacts } from './usePreviewFacts';

export type PreviewProps = {
  /** Of the message. */
  id: string;
  /** A part of it; without one its body. */
  path?: string;
  /** Parts whose codes belong to the page. */
  root?: Part;
};

export function Preview({ id, path, root }: PreviewProps) {
  const [withHidden, setWithHidden] = useState(false);
  const facts = usePreviewFacts(id, path);
  const hidden = facts.data?.hidden ?? [];
  return (
    <Stack gap="sm">
      {facts.data && (hidden.length > 0 || facts.data.removed.length > 0) && (
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed" className={classes.removed}>
            <IconShieldCheck size={16} aria-hidden />
            {facts.data.removed.length > 0
              ? `Taken out of the preview: ${removedWords(facts.data.removed)}.`
              : 'Nothing had to be taken out of the preview.'}
          </Text>
          {hidden.length > 0 && (
            <SegmentedControl
              size="xs"
              aria-label="What the preview shows"
              value={withHidden ? 'all' : 'seen'}
              onChange={(value) => setWithHidden(value === 'all')}
              data={[
                { value: 'seen', label: 'As the reader saw it' },
                { value: 'all', label: 'With hidden text' },
              ]}
            />
          )}
        </Group>
      )}
      {/* No sandbox permission at all: no script, no form, no navigation, an origin of its own. */}
      <iframe
        title={path ? `Preview of part ${path}` : 'Message preview'}
        src={previewUrl(id, { path, hidden: withHidden })}
        sandbox=""
        className={path ? classes.part : classes.frame}
      />
      {facts.isError && (
        <FailedState
          what="What belongs to the preview"
          error={facts.error}
          retry={() => void facts.refetch()}
        />
      )}
      {facts.data && <Beside facts={facts.data} codes={root ? codesIn(root) : []} />}
    </Stack>
  );
}

type BesideProps = {
  facts: NonNullable<ReturnType<typeof usePreviewFacts>['data']>;
  codes: ReturnType<typeof codesIn>;
};

function Beside({ facts: { links, hidden, removed }, codes }: BesideProps) {
  const first = firstTab({ links, hidden, removed, codes });
  if (!first) return null;
  return (
    <Tabs defaultValue={first} variant="outline" keepMounted={false}>
      <Tabs.List>
        {links.length > 0 && (
          <Tabs.Tab
            value="links"
            rightSection={
              links.some(({ differs }) => differs) && (
                <Badge size="xs" color="red">
                  Deceives
                </Badge>
              )
            }
          >
            {counted(links.length, 'link')}
          </Tabs.Tab>
        )}
        {hidden.length > 0 && (
          <Tabs.Tab
            value="hidden"
            rightSection={
              hidesOnPurpose(hidden) && (
                <Badge size="xs" color="orange">
                  Unusual
                </Badge>
              )
            }
          >
            Hidden text {hidden.length}
          </Tabs.Tab>
        )}
        {codes.length > 0 && <Tabs.Tab value="codes">{counted(codes.length, codeWord(codes))}</Tabs.Tab>}
        {removed.length > 0 && <Tabs.Tab value="removed">Taken out {removed.length}</Tabs.Tab>}
      </Tabs.List>
      <Tabs.Panel value="links" pt="xs">
        <LinkTable links={links} />
      </Tabs.Panel>
      <Tabs.Panel value="hidden" pt="xs">
        <HiddenText hidden={hidden} />
      </Tabs.Panel>
      <Tabs.Panel value="codes" pt="xs">
        <Codes codes={codes} />
      </Tabs.Panel>
      <Tabs.Panel value="removed" pt="xs">
        <RemovedList removed={removed} />
      </Tabs.Panel>
    </Tabs>
  );
}
