// One case.
import { Anchor, Tabs } from '@mantine/core';
import { IconArrowLeft, IconMail } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import type { CaseDetail } from '../api/types';
import { MessageList } from '../inbox/MessageList';
import { IndicatorTable } from '../indicators/IndicatorTable';
import { useCaseIndicators } from '../indicators/indicators';
import { useMay } from '../session/session';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState, FailedState, LoadingRows } from '../shared/states';
import { useEscape } from '../shared/useEscape';
import { CaseAttachments } from './CaseAttachments';
import { CaseOverview } from './CaseOverview';
import classes from './CasePage.module.css';
import { CaseReported } from './CaseReported';
import { caseOptions, useCaseMessages } from './cases';
import { EditableTitle } from './EditableTitle';
import { listAddress } from './listInAddress';
import { Timeline } from './Timeline';

export default function CasePage() {
  const { id = '' } = useParams();
  const query = useQuery(caseOptions(id));
  const navigate = useNavigate();
  const [params] = useSearchParams();
  useEscape(() => navigate(listAddress(params)));
  if (query.isError && !query.data) {
    return <FailedState what="The case" error={query.error} retry={() => void query.refetch()} />;
  }
  if (!query.data) return <LoadingRows label="Loading the case" />;
  return <CaseView detail={query.data} />;
}

function CaseView({ detail }: { detail: CaseDetail }) {
  const { summary } = detail;
  const mayWrite = useMay('write_desk');
  const [params, setParams] = useSearchParams();
  const show = (tab: string | null) =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        if (tab && tab !== 'messages') next.set('tab', tab);
        else next.delete('tab');
        return next;
      },
      { replace: true },
    );
  return (
    <>
      <Anchor component={Link} to={listAddress(params)} size="sm" c="dimmed" mb={4} className={classes.back}>
        <IconArrowLeft size={14} aria-hidden /> Cases
      </Anchor>
      <PageHeader
        title={`#${summary.number} ${summary.title}`}
        actions={mayWrite && <EditableTitle id={summary.id} title={summary.title} />}
      />
      <div className={classes.columns}>
        <CaseOverview detail={detail} editable={mayWrite} />
        <div className={classes.tabs}>
          <CaseReported id={summary.id} />
          <Tabs value={params.get('tab') ?? 'messages'} onChange={show}>
            <Tabs.List>
              <Tabs.Tab value="messages">Messages {summary.message_count}</Tabs.Tab>
              <Tabs.Tab value="indicators">Indicators</Tabs.Tab>
              <Tabs.Tab value="attachments">Attachments</Tabs.Tab>
              <Tabs.Tab value="timeline">Timeline</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="messages" pt="xs">
              <CaseMessages id={summary.id} />
            </Tabs.Panel>
            <Tabs.Panel value="indicators" pt="sm">
              {params.get('tab') === 'indicators' && <CaseIndicators id={summary.id} />}
            </Tabs.Panel>
            <Tabs.Panel value="attachments" pt="xs">
              <CaseAttachments id={summary.id} />
            </Tabs.Panel>
            <Tabs.Panel value="timeline" pt="sm">
              <Timeline id={summary.id} mayWrite={mayWrite} />
            </Tabs.Panel>
          </Tabs>
        </div>
      </div>
    </>
  );
}

function CaseMessages({ id }: { id: string }) {
  return (
    <MessageList
      list={useCaseMessages(id)}
      ofCase
      empty={
        <EmptyState icon={<IconMail size={32} />} title="No messages">
          This case was made by hand. Messages that answer it, or carry its token, join it.
        </EmptyState>
      }
    />
  );
}

function CaseIndicators({ id }: { id: string }) {
  return <IndicatorTable list={useCaseIndicators(id)} exports={{ of: 'case', id }} />;
}
