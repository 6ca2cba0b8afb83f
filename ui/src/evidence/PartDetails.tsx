// Everything known of one part.
import { Alert, Group, Stack, Text, Title } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { type Ref, useEffect, useRef } from 'react';
import type { Lock, Part } from '../api/types';
import { PartPreview } from '../preview/PartPreview';
import { CopyButton } from '../shared/CopyButton';
import { byteSize, counted } from '../shared/format';
import { DefectList } from './DefectList';
import { Facts } from './Facts';
import { HashList } from './HashList';
import { MessageWithin } from './MessageWithin';
import { PartDownloads } from './PartDownloads';
import { PartText } from './PartText';
import { PropertyTable } from './PropertyTable';
import { formatWords, kindWords, partName, readAsWords, sniffedOther } from './partWords';
import { Section } from './Section';
import { Signatures } from './Signatures';

export type PartDetailsProps = {
  part: Part;
  /** The stored message it belongs to; none when it was only analysed, so that nothing more can be asked for. */
  message?: string;
  /** Moves the eye to the defects. */
  atDefects: boolean;
  onAlone: (path: string) => void;
};

export function PartDetails({ part, message, atDefects, onAlone }: PartDetailsProps) {
  const defects = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (atDefects) defects.current?.focus();
  }, [atDefects]);
  return (
    <Stack gap="md" component="article" aria-label="The chosen part">
      <div>
        <Title order={2} className="breakable">
          {partName(part)}
        </Title>
        <Text size="sm" c="dimmed">
          {kindWords(part.kind)} · part <span className="mono">{part.path}</span>
        </Text>
      </div>
      {message && <PartDownloads message={message} part={part} onAlone={onAlone} />}
      {part.lock && <LockNote lock={part.lock} />}
      <Defects part={part} ref={defects} />
      {message && <PartPreview key={part.path} message={message} part={part} />}
      <Properties part={part} withText={!message} />
      <Signatures signatures={part.signatures} />
      <MessageWithin envelope={part.envelope} headers={part.headers} />
      <Facts facts={part.facts} />
      {message && part.read_as && <PartText message={message} part={part} />}
    </Stack>
  );
}

function Defects({ part, ref }: { part: Part; ref: Ref<HTMLDivElement> }) {
  if (part.defects.length === 0) return null;
  return (
    <Section title={counted(part.defects.length, 'defect')} ref={ref}>
      <DefectList defects={part.defects} />
    </Section>
  );
}

function LockNote({ lock }: { lock: Lock }) {
  return (
    <Alert
      color="violet"
      p="xs"
      icon={<IconLock />}
      title={lock.needs === 'key' ? 'Needs a key' : 'Needs a password'}
    >
      {lock.needs === 'password' && (
        <Text size="sm">It is encrypted with a password that is not among the words of the message.</Text>
      )}
      {lock.needs === 'key' && (
        <>
          <Text size="sm">
            It is encrypted, and no key for it is here.
            {lock.recipients.length > 0 &&
              ' It opens with the key of any of these, as the sender names them:'}
          </Text>
          {lock.recipients.map((recipient) => (
            <Group key={recipient} gap={4} wrap="nowrap">
              <Text size="sm" className="mono breakable">
                {recipient}
              </Text>
              <CopyButton value={recipient} label="Copy the recipient" />
            </Group>
          ))}
        </>
      )}
    </Alert>
  );
}

/** `withText`: how its text was read, where the text itself is not shown. */
function Properties({ part, withText }: { part: Part; withText: boolean }) {
  return (
    <Section title="Properties">
      <PropertyTable
        what="Properties"
        rows={[
          { name: 'Name', value: part.name },
          { name: 'Safe name', value: part.safe_name !== part.name && part.safe_name, mono: true },
          { name: 'Declared type', value: part.content_type, mono: true },
          { name: 'First bytes say', value: sniffedOther(part), mono: true },
          { name: 'Opened as', value: part.format && formatWords(part.format) },
          { name: 'Size', value: part.kind === 'multipart' ? null : <Size bytes={part.size} /> },
          { name: 'Charset', value: part.charset },
          { name: 'Text', value: withText && part.read_as && readAsWords(part.read_as) },
          { name: 'Encoding', value: part.encoding },
          { name: 'Disposition', value: part.disposition },
          { name: 'Content-ID', value: part.content_id, mono: true },
        ].map((row) => ({ ...row, value: row.value || null }))}
      />
      {part.hashes && (
        <Stack gap={0} mt={6} px={6}>
          <HashList hashes={part.hashes} whole />
        </Stack>
      )}
    </Section>
  );
}

function Size({ bytes }: { bytes: number }) {
  return (
    <>
      {byteSize(bytes)}
      {bytes >= 1000 && (
        <Text span size="sm" c="dimmed">
          {' '}
          ({counted(bytes, 'byte')})
        </Text>
      )}
    </>
  );
}
