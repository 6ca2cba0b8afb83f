// A message within a message: who wrote it to whom, and all its headers.
import { Button, Collapse } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Address, Part } from '../api/types';
import { addressText } from '../inbox/messages';
import { counted } from '../shared/format';
import { Time } from '../shared/Time';
import { Headers } from './Headers';
import { PropertyTable } from './PropertyTable';
import { Section } from './Section';

export function MessageWithin({
  envelope,
  headers,
}: {
  envelope: Part['envelope'];
  headers: Part['headers'];
}) {
  const [shown, { toggle }] = useDisclosure(false);
  return (
    <>
      {envelope && (
        <Section title="Envelope">
          <PropertyTable
            what="Envelope"
            rows={[
              { name: 'Subject', value: envelope.subject },
              { name: 'From', value: everybody(envelope.from) },
              { name: 'Sender', value: everybody(envelope.sender) },
              { name: 'Reply to', value: everybody(envelope.reply_to) },
              { name: 'To', value: everybody(envelope.to) },
              { name: 'Cc', value: everybody(envelope.cc) },
              { name: 'Bcc', value: everybody(envelope.bcc) },
              { name: 'Dated', value: envelope.date && <Time at={envelope.date} /> },
              { name: 'Message-ID', value: envelope.message_id, mono: true },
            ]}
          />
        </Section>
      )}
      {headers.length > 0 && (
        <Section
          title="Headers"
          actions={
            <Button variant="default" size="xs" aria-expanded={shown} onClick={toggle}>
              {shown ? 'Hide' : `Show ${counted(headers.length, 'header')}`}
            </Button>
          }
        >
          <Collapse expanded={shown}>{shown && <Headers headers={headers} />}</Collapse>
        </Section>
      )}
    </>
  );
}

function everybody(addresses: Address[]): string {
  return addresses.map(addressText).join(', ');
}
