// The mail that was reported, above the mail it came in: who reports, in which words and with what, and each message.
import { Badge, Button, Collapse, Group, Stack, Text, Title, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAlertTriangle, IconCornerDownRight, IconMailOpened } from '@tabler/icons-react';
import { type CSSProperties, useId } from 'react';
import type { Report, ReportedMessage } from '../api/types';
import { addressText, NO_SUBJECT } from '../inbox/messages';
import { Time } from '../shared/Time';
import { MarkList } from './MarkList';
import { claimant } from './origin';
import classes from './Reported.module.css';
import { ResultBadges } from './ResultBadges';
import { countWords, depthOf, doubt, opinionWords, placeWords, sendersOf, toolWords } from './reported';
import { TextBlock } from './TextBlock';

const AS_ITS_HEADERS_TELL =
  'As the headers of the attached mail tell: whoever passed it on can have written them as well.';

type ReportedProps = {
  report: Report;
  /** Where several reports stand on a page. */
  number?: number | undefined;
  /** Opens an attached message. */
  onOpen: (path: string) => void;
  /** Shows the part in whose text a message was copied. */
  onShow: (path: string) => void;
};

export function Reported({ report, number, onOpen, onShow }: ReportedProps) {
  const { reporter, words, tool, opinion, messages } = report;
  const heading = useId();
  const counted = countWords(report);
  return (
    <section className={classes.box} aria-labelledby={heading}>
      <Stack gap="xs">
        <div>
          <Group gap="xs">
            <Title order={2} id={heading}>
              Reported mail{number && ` ${number}`}
            </Title>
            {opinion && (
              <Badge color={opinion === 'not_junk' ? 'teal' : 'orange'}>{opinionWords(opinion)}</Badge>
            )}
          </Group>
          <Text size="sm" className="breakable">
            {reporter && (
              <>
                <Dimmed>By</Dimmed> {addressText(reporter)}{' '}
              </>
            )}
            {tool && (
              <>
                <Dimmed>with</Dimmed>{' '}
                <Tooltip label={`Told by: ${tool.because}`} multiline maw={420}>
                  {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its tip says what the tool was recognised by */}
                  <span tabIndex={0}>{toolWords(tool)}</span>
                </Tooltip>
              </>
            )}
          </Text>
          {counted && (
            <Text size="sm" c="dimmed">
              {counted}
            </Text>
          )}
        </div>
        {words && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
          <blockquote className={classes.words} tabIndex={0} aria-label="What the reporter wrote">
            {words}
          </blockquote>
        )}
        {messages.length > 0 && (
          <ul className={classes.list} aria-label="Reported messages">
            {messages.map((message, index) => (
              <Message
                // biome-ignore lint/suspicious/noArrayIndexKey: the same message may be reported twice
                key={index}
                message={message}
                depth={depthOf(messages, index)}
                chain={messages.some((_, at) => depthOf(messages, at) > 0)}
                onOpen={onOpen}
                onShow={onShow}
              />
            ))}
          </ul>
        )}
      </Stack>
    </section>
  );
}

type MessageProps = {
  message: ReportedMessage;
  depth: number;
  /** Some were passed on in others: then it is said which one it is about. */
  chain: boolean;
  onOpen: ReportedProps['onOpen'];
  onShow: ReportedProps['onShow'];
};

function Message({ message, depth, chain, onOpen, onShow }: MessageProps) {
  const { subject, sent, sent_text, original, place, path } = message;
  const [shown, { toggle }] = useDisclosure(false);
  const named = subject ?? NO_SUBJECT;
  const uncertain = doubt(message);
  const text = place?.text;
  const hasText = typeof text === 'string';
  return (
    <li className={classes.message} style={{ '--depth': depth } as CSSProperties}>
      <div className={classes.line}>
        <div className={classes.facts}>
          <Group gap={6}>
            <Text size="sm" fw={600} className="breakable">
              {depth > 0 && <IconCornerDownRight size={14} aria-hidden />} {named}
            </Text>
            {chain && (
              <Badge color={original ? 'petrol' : 'gray'}>{original ? 'Original' : 'Passed on'}</Badge>
            )}
            {message.confidence === 'doubtful' && <Badge color="yellow">Perhaps an answer</Badge>}
          </Group>
          <Text size="sm" className="breakable">
            <Dimmed>From</Dimmed> {sendersOf(message)}
          </Text>
          {message.to.length > 0 && (
            <Text size="sm" className="breakable" lineClamp={2}>
              <Dimmed>To</Dimmed> {[...message.to, ...message.cc].map(addressText).join(', ')}
            </Text>
          )}
          <Text size="sm" c="dimmed" component="div" className="breakable">
            {sent ? (
              <>
                dated <Time at={sent} /> ·{' '}
              </>
            ) : (
              sent_text && `dated ${sent_text} · `
            )}
            {placeWords(message)}
          </Text>
          {uncertain && (
            <Text size="xs" c="dimmed">
              {uncertain}
            </Text>
          )}
          {message.authentication.map((claim, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two headers may say the same
            <Group key={at} gap={6} mt={4}>
              <Tooltip label={AS_ITS_HEADERS_TELL} multiline maw={420}>
                <Text size="sm" c="dimmed" tabIndex={0}>
                  {claimant(claim)} found
                </Text>
              </Tooltip>
              <ResultBadges results={claim.results} trusted={false} />
            </Group>
          ))}
          {message.marks.length > 0 && (
            <div className={classes.marks}>
              <IconAlertTriangle size={16} aria-label="Before you believe it" />
              <MarkList marks={message.marks} />
            </div>
          )}
        </div>
        {!place && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconMailOpened size={14} />}
            aria-label={`Open ${named}`}
            onClick={() => onOpen(path)}
          >
            Open
          </Button>
        )}
        {hasText && (
          <Button
            size="xs"
            variant="default"
            aria-expanded={shown}
            aria-label={`${shown ? 'Hide' : 'Show'} text of ${named}`}
            onClick={toggle}
          >
            {shown ? 'Hide text' : 'Show text'}
          </Button>
        )}
        {place && !hasText && path !== '/' && (
          <Button
            size="xs"
            variant="default"
            aria-label={`Show part that holds ${named}`}
            onClick={() => onShow(path)}
          >
            Show part
          </Button>
        )}
      </div>
      {hasText && (
        <Collapse expanded={shown}>
          {shown && (
            <div className={classes.text}>
              <TextBlock content={text || '(no text)'} truncated={false} />
            </div>
          )}
        </Collapse>
      )}
    </li>
  );
}

function Dimmed({ children }: { children: string }) {
  return (
    <Text span size="sm" c="dimmed">
      {children}
    </Text>
  );
}
