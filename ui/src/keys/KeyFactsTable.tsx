// What a certificate or OpenPGP key says about itself.
import { Badge, Group, Text, Tooltip } from '@mantine/core';
import type { KeyFacts } from '../api/types';
import { PropertyTable } from '../evidence/PropertyTable';
import { CopyButton } from '../shared/CopyButton';
import { exactDate } from '../shared/format';
import { useNow } from '../shared/Time';
import { keyAlgorithm, keyKind, validity } from './keyWords';

export function KeyFactsTable({ facts }: { facts: KeyFacts }) {
  const { user_ids, subkey_ids, chain } = facts;
  const smime = facts.kind === 'smime';
  return (
    <PropertyTable
      what={`Certificate of ${facts.subject}`}
      rows={[
        { name: 'Kind', value: `${keyKind(facts)} · ${keyAlgorithm(facts)}` },
        {
          name: smime ? 'Subject' : 'User ids',
          value: user_ids.length > 0 ? <Lines of={user_ids} /> : facts.subject,
        },
        { name: 'Addresses', value: facts.addresses.length > 0 ? facts.addresses.join(', ') : 'none' },
        { name: 'Issuer', value: facts.issuer },
        { name: 'Serial', value: facts.serial, mono: true },
        { name: 'Key id', value: facts.key_id, mono: true },
        { name: 'Subkeys', value: subkey_ids.length > 0 && <Lines of={subkey_ids} />, mono: true },
        { name: 'Valid', value: <Valid facts={facts} /> },
        { name: 'Chain', value: chain.length > 0 && <Lines of={chain} /> },
        {
          name: smime ? 'SHA-256' : 'Fingerprint',
          value: <Fingerprint of={facts.fingerprint} />,
          mono: true,
        },
      ].map((row) => ({ ...row, value: row.value || null }))}
    />
  );
}

function Lines({ of }: { of: string[] }) {
  return of.map((line) => <div key={line}>{line}</div>);
}

function Fingerprint({ of }: { of: string }) {
  return (
    <Group gap={4} wrap="nowrap" align="flex-start">
      <span className="breakable">{of}</span>
      <CopyButton value={of} label="Copy the fingerprint" />
    </Group>
  );
}

/** From when to when, and what it means when that is over. */
export function Valid({ facts }: { facts: Pick<KeyFacts, 'not_before' | 'not_after'> }) {
  const state = validity(facts, useNow());
  const { not_before, not_after } = facts;
  return (
    <Group gap="xs">
      <Text span size="sm" className="tabular">
        {not_before ? exactDate(not_before) : 'always'} – {not_after ? exactDate(not_after) : 'no end'}
      </Text>
      {state === 'expired' && (
        <Tooltip label="Nobody should encrypt to it any more. It still opens the mail that was.">
          <Badge color="gray" tabIndex={0}>
            Expired, still opens old mail
          </Badge>
        </Tooltip>
      )}
      {state === 'not_yet' && <Badge color="gray">Not valid yet</Badge>}
    </Group>
  );
}
