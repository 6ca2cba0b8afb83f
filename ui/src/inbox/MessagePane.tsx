// One message with everything known of it.
import { Anchor, Badge, Button, Group, Stack, Tabs, Text } from '@mantine/core';
import { IconArrowLeft, IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { rawMessageUrl } from '../api/links';
import type { MessageDetail, Part, PatternValue } from '../api/types';
import { Headers } from '../evidence/Headers';
import { Imitation } from '../evidence/Imitation';
import { PartAlone } from '../evidence/PartAlone';
import { PartsView } from '../evidence/PartsView';
import { countParts, partAt } from '../evidence/parts';
import { Reported } from '../evidence/Reported';
import { TextView } from '../evidence/TextView';
import { UnreadBanner } from '../evidence/UnreadBanner';
import { IndicatorTable } from '../indicators/IndicatorTable';
import { useMessageIndicators } from '../indicators/indicators';
import { NeedsKey } from '../keys/NeedsKey';
import { PatternValues } from '../patterns/PatternValues';
import { Preview } from '../preview/Preview';
import { AutomaticBadge } from '../shared/badges';
import { byteSize } from '../shared/format';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState, FailedState, LoadingRows } from '../shared/states';
import { Time } from '../shared/Time';
import { toastDone } from '../shared/toast';
import { useEscape } from '../shared/useEscape';
import { Deliveries } from './Deliveries';
import { MessageWarnings, NotWellFormed } from './MessageWarnings';
import { addressText, messageOptions, NO_SUBJECT } from './messages';
import { usePartInAddress } from './partInAddress';
import { decisionText } from './reason';

export function MessagePane({ id }: { id: string }) {
  const query = useQuery(messageOptions(id));
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const listParams = new URLSearchParams(params);
  for (const ofMessage of ['tab', 'part', 'alone']) listParams.delete(ofMessage);
  const back = `/inbox${listParams.size > 0 ? `?${listParams}` : ''}`;
  useEscape(() => navigate(back));
  if (query.isError && !query.data) {
    return <FailedState what="The message" error={query.error} retry={() => void query.refetch()} />;
  }
  if (!query.data) return <LoadingRows label="Loading the message" />;
  return (
    <>
      <Anchor component={Link} to={back} size="sm" c="dimmed" hiddenFrom="lg" mb={4} display="inline-block">
        <IconArrowLeft size={14} aria-hidden /> Inbox
      </Anchor>
      <MessageView message={query.data} />
    </>
  );
}

function MessageView({ message }: { message: MessageDetail }) {
  const { summary, evidence } = message;
  const { alone, choose, lookAtAlone } = usePartInAddress();
  useTellWhenOpened(summary.needs_key);
  return (
    <Stack gap="sm">
      <div>
        <PageHeader
          title={summary.subject ?? NO_SUBJECT}
          actions={
            <Button
              component="a"
              href={rawMessageUrl(summary.id)}
              download
              size="xs"
              variant="default"
              leftSection={<IconDownload size={14} />}
            >
              Raw message
            </Button>
          }
        />
        <PeopleAndTimes message={message} />
      </div>
      <Decision message={message} />
      {evidence && <Imitation verdicts={evidence.verdicts} />}
      {evidence?.reported && <Reported report={evidence.reported} onOpen={lookAtAlone} onShow={choose} />}
      <MessageWarnings message={message} />
      {evidence && (
        <UnreadBanner
          evidence={evidence}
          onOpen={choose}
          keyHelp={(recipients) => <NeedsKey message={summary.id} recipients={recipients} />}
        />
      )}
      <NotWellFormed message={message} />
      {evidence ? (
        <MessageTabs message={message} evidence={evidence} />
      ) : (
        <EmptyState title="Not examined yet">
          The bytes are safe. What is in them is shown as soon as they have been examined.
        </EmptyState>
      )}
      {evidence && (
        <PartAlone
          message={summary.id}
          part={alone ? partAt(evidence.root, alone) : undefined}
          onClose={() => lookAtAlone(null)}
        />
      )}
    </Stack>
  );
}

/** Says when the last key that was wanting has come while the message is looked at. */
function useTellWhenOpened(needsKey: boolean): void {
  const before = useRef(needsKey);
  useEffect(() => {
    if (before.current && !needsKey) toastDone('The message was opened with a key that arrived');
    before.current = needsKey;
  }, [needsKey]);
}

function PeopleAndTimes({ message: { summary, evidence } }: { message: MessageDetail }) {
  const to = evidence?.envelope.to ?? [];
  const cc = evidence?.envelope.cc ?? [];
  return (
    <Group gap="xs" justify="space-between" align="flex-end">
      <Stack gap={2} style={{ minWidth: 0 }}>
        <Text size="sm" className="breakable">
          <Label>From</Label> {addressText(summary.from)}
        </Text>
        {to.length > 0 && (
          <Text size="sm" lineClamp={2} className="breakable">
            <Label>To</Label> {to.map(addressText).join(', ')}
          </Text>
        )}
        {cc.length > 0 && (
          <Text size="sm" lineClamp={2} className="breakable">
            <Label>Cc</Label> {cc.map(addressText).join(', ')}
          </Text>
        )}
      </Stack>
      <Text size="sm" c="dimmed" component="div">
        received <Time at={summary.received_at} />
        {summary.sent_at && (
          <>
            {' '}
            · dated <Time at={summary.sent_at} />
          </>
        )}{' '}
        · {byteSize(summary.size)}
      </Text>
    </Group>
  );
}

function Label({ children }: { children: string }) {
  return (
    <Text span size="sm" c="dimmed">
      {children}
    </Text>
  );
}

function Decision({ message: { summary, evidence } }: { message: MessageDetail }) {
  return (
    <Group gap="xs">
      {summary.case ? (
        <Anchor component={Link} to={`/cases/${summary.case.id}`} size="sm" fw={600} className="breakable">
          Case #{summary.case.number}: {summary.case.title}
        </Anchor>
      ) : (
        <Badge color="gray">No case</Badge>
      )}
      {summary.automatic && <AutomaticBadge automatic={summary.automatic} />}
      <Text size="sm" c="dimmed">
        {decisionText(summary)}
        {evidence?.automatic && ` Recognised by ${evidence.automatic.because}.`}
      </Text>
    </Group>
  );
}

function MessageTabs(props: { message: MessageDetail; evidence: NonNullable<MessageDetail['evidence']> }) {
  const { message, evidence } = props;
  const [params, setParams] = useSearchParams();
  const { choose } = usePartInAddress();
  const previewable = evidence.has_html || evidence.text !== null;
  const first = previewable ? 'preview' : 'text';
  const asked = params.get('tab') ?? first;
  const open = (tab: string | null) =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        if (tab && tab !== first) next.set('tab', tab);
        else next.delete('tab');
        return next;
      },
      { replace: true },
    );
  const counts = {
    parts: countParts(evidence.root),
    indicators: evidence.indicators.length,
    deliveries: message.deliveries.length,
  };
  return (
    <Tabs value={asked === 'preview' ? first : asked} onChange={open}>
      <Tabs.List>
        {previewable && <Tabs.Tab value="preview">Preview</Tabs.Tab>}
        <Tabs.Tab value="text">Text</Tabs.Tab>
        <Tabs.Tab value="headers">Headers</Tabs.Tab>
        <Tabs.Tab value="parts">Parts {counts.parts}</Tabs.Tab>
        <Tabs.Tab value="indicators">Indicators {counts.indicators}</Tabs.Tab>
        <Tabs.Tab value="deliveries">Deliveries {counts.deliveries}</Tabs.Tab>
      </Tabs.List>
      {previewable && (
        <Tabs.Panel value="preview" pt="sm">
          <Preview id={message.summary.id} root={evidence.root} />
        </Tabs.Panel>
      )}
      <Tabs.Panel value="text" pt="sm">
        <TextView evidence={evidence} onOpen={choose} />
      </Tabs.Panel>
      <Tabs.Panel value="headers" pt="sm">
        <Headers headers={evidence.headers} origin={evidence} />
      </Tabs.Panel>
      <Tabs.Panel value="parts" pt="sm">
        <Parts message={message.summary.id} root={evidence.root} />
      </Tabs.Panel>
      <Tabs.Panel value="indicators" pt="sm">
        {asked === 'indicators' && (
          <Indicators message={message.summary.id} values={evidence.pattern_values} onPlace={choose} />
        )}
      </Tabs.Panel>
      <Tabs.Panel value="deliveries" pt="sm">
        <Deliveries deliveries={message.deliveries} sha256={message.sha256} />
      </Tabs.Panel>
      <Text size="xs" c="dimmed" mt="sm">
        Looked at by parser version {evidence.parser_version}
      </Text>
    </Tabs>
  );
}

type IndicatorsProps = { message: string; values: PatternValue[]; onPlace: (path: string) => void };

function Indicators({ message, values, onPlace }: IndicatorsProps) {
  const list = useMessageIndicators(message);
  return (
    <Stack gap="md">
      <PatternValues values={values} />
      <IndicatorTable list={list} exports={{ of: 'message', id: message }} onPlace={onPlace} />
    </Stack>
  );
}

function Parts({ message, root }: { message: string; root: Part }) {
  const { part, choose, lookAtAlone } = usePartInAddress();
  return <PartsView root={root} message={message} chosen={part} onChoose={choose} onAlone={lookAtAlone} />;
}
