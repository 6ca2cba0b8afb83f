// Evidence that belongs to no stored message: a file that was analysed, or a part looked at by itself.
import { Alert, Stack, Tabs, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import type { Evidence } from '../api/types';
import { IndicatorTable } from '../indicators/IndicatorTable';
import { useEvidenceIndicators } from '../indicators/indicators';
import { PatternValues } from '../patterns/PatternValues';
import { byteSize } from '../shared/format';
import { DefectList } from './DefectList';
import { Headers } from './Headers';
import { Imitation } from './Imitation';
import { MessageWithin } from './MessageWithin';
import { PartsView } from './PartsView';
import { countParts } from './parts';
import { Reported } from './Reported';
import { TextView } from './TextView';
import { UnreadBanner } from './UnreadBanner';
import { unreadReason } from './unread';

export const SECTIONS = ['headers', 'body', 'parts', 'indicators'] as const;
export type EvidenceSection = (typeof SECTIONS)[number];

type EvidenceTabsProps = { evidence: Evidence; sections?: readonly EvidenceSection[] };

export function EvidenceTabs({ evidence, sections = SECTIONS }: EvidenceTabsProps) {
  const counts = {
    headers: evidence.headers.length,
    parts: countParts(evidence.root),
    indicators: evidence.indicators.length,
  };
  const [tab, setTab] = useState<string | null>(firstTab(evidence, sections));
  const [chosen, setChosen] = useState<string | null>(null);
  const has = (section: EvidenceSection) => sections.includes(section);
  const openPart = (path: string) => {
    setChosen(path);
    setTab('parts');
  };
  const malformed = evidence.defects.filter(({ code }) => !unreadReason(code));
  return (
    <Stack gap="sm">
      <UnreadBanner evidence={evidence} onOpen={openPart} ofFile />
      {malformed.length > 0 && (
        <Alert color="yellow" p="xs" icon={<IconAlertTriangle />} title="Not well-formed">
          <DefectList defects={malformed} />
        </Alert>
      )}
      {has('headers') && <Imitation verdicts={evidence.verdicts} />}
      {has('headers') && evidence.reported && (
        <Reported report={evidence.reported} onOpen={openPart} onShow={openPart} />
      )}
      {has('headers') && counts.headers > 0 && <MessageWithin envelope={evidence.envelope} headers={[]} />}
      <Tabs value={tab} onChange={setTab}>
        <Tabs.List>
          {has('body') && <Tabs.Tab value="body">Text</Tabs.Tab>}
          {has('headers') && <Tabs.Tab value="headers">Headers {counts.headers}</Tabs.Tab>}
          {/* Without the parts there is still what holds them. */}
          <Tabs.Tab value="parts">{has('parts') ? `Parts ${counts.parts}` : 'File'}</Tabs.Tab>
          {has('indicators') && <Tabs.Tab value="indicators">Indicators {counts.indicators}</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="body" pt="sm">
          <TextView evidence={evidence} />
        </Tabs.Panel>
        <Tabs.Panel value="headers" pt="sm">
          <Headers headers={evidence.headers} origin={evidence} />
        </Tabs.Panel>
        <Tabs.Panel value="parts" pt="sm">
          <PartsView root={evidence.root} chosen={chosen} onChoose={setChosen} />
        </Tabs.Panel>
        <Tabs.Panel value="indicators" pt="sm">
          {tab === 'indicators' && (
            <Indicators evidence={evidence} onPlace={has('parts') ? openPart : undefined} />
          )}
        </Tabs.Panel>
      </Tabs>
      <Text size="xs" c="dimmed">
        {byteSize(evidence.size)} · parser version {evidence.parser_version}
      </Text>
    </Stack>
  );
}

function Indicators(props: { evidence: Evidence; onPlace: ((path: string) => void) | undefined }) {
  return (
    <Stack gap="md">
      <PatternValues values={props.evidence.pattern_values} />
      <IndicatorTable list={useEvidenceIndicators(props.evidence)} onPlace={props.onPlace} />
    </Stack>
  );
}

/** What somebody wants to see first: the text of a message, the parts of what is none. */
function firstTab(evidence: Evidence, sections: readonly EvidenceSection[]): string {
  if (sections.includes('body') && evidence.text?.content) return 'body';
  if (sections.includes('headers') && evidence.headers.length > 0) return 'headers';
  return 'parts';
}
