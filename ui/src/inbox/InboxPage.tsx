// The inbox: every message, beside the one that is open.
import { Box } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useParams } from 'react-router';
import { PageHeader } from '../shared/PageHeader';
import { useUrlFilters } from '../shared/useUrlFilters';
import classes from './InboxPage.module.css';
import { MessageFilterBar } from './MessageFilterBar';
import { MessageList } from './MessageList';
import { MessagePane } from './MessagePane';
import { MESSAGE_FILTERS, useMessages } from './messages';

/** From here on there is room for the list beside the message. */
const WIDE = '(min-width: 75em)';

export default function InboxPage() {
  const { id } = useParams();
  const wide = useMediaQuery(WIDE, true, { getInitialValueInEffect: false });
  if (id && !wide) return <MessagePane key={id} id={id} />;
  return <InboxWithList openId={id} />;
}

function InboxWithList({ openId }: { openId: string | undefined }) {
  const filters = useUrlFilters(MESSAGE_FILTERS);
  const list = useMessages(filters.values);
  if (!openId) {
    return (
      <>
        <PageHeader title="Inbox" description="Every message, whatever became of it." />
        <MessageFilterBar filters={filters} />
        <MessageList list={list} filtered={filters.active} />
      </>
    );
  }
  return (
    <div className={classes.split}>
      <Box className={classes.list} component="section" aria-label="Messages beside the open one">
        <MessageFilterBar filters={filters} narrow />
        <MessageList list={list} filtered={filters.active} openId={openId} />
      </Box>
      <section className={classes.pane} aria-label="Open message">
        <MessagePane key={openId} id={openId} />
      </section>
    </div>
  );
}
