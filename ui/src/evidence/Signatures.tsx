// The signatures over a part: whether each fits, and whom it names.
import { Badge, Group, Stack, Text } from '@mantine/core';
import type { Signature } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { Time } from '../shared/Time';
import { PropertyTable } from './PropertyTable';
import { signatureState, signerName } from './partWords';
import { Section } from './Section';

export function Signatures({ signatures }: { signatures: Signature[] }) {
  if (signatures.length === 0) return null;
  return (
    <Section title={signatures.length === 1 ? 'Signature' : 'Signatures'}>
      <Stack gap="sm">
        {signatures.map((signature, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one signer may sign twice
          <SignatureFacts key={place} signature={signature} />
        ))}
      </Stack>
    </Section>
  );
}

function SignatureFacts({ signature }: { signature: Signature }) {
  const { color, label, means } = signatureState(signature);
  const { addresses, not_before, not_after, fingerprint } = signature;
  return (
    <div>
      <Group gap="xs" mb={2} wrap="nowrap" align="flex-start">
        <Badge color={color} style={{ flex: 'none' }}>
          {label}
        </Badge>
        <Text size="sm">{means}</Text>
      </Group>
      <PropertyTable
        what={`Signature of ${signerName(signature)}`}
        rows={[
          { name: 'Signer', value: signature.signer },
          { name: 'Addresses', value: addresses.join(', ') },
          { name: 'Issuer', value: signature.issuer },
          { name: 'Valid', value: (not_before || not_after) && <Validity {...{ not_before, not_after }} /> },
          {
            name: 'Signed',
            value: signature.signed_at && (
              <>
                <Time at={signature.signed_at} />, as the signer claims
              </>
            ),
          },
          {
            name: 'Algorithm',
            value:
              signature.algorithm && `${signature.algorithm}${signature.weak ? ', which can be forged' : ''}`,
          },
          { name: 'Serial or key', value: signature.serial, mono: true },
          {
            name: 'Fingerprint',
            mono: true,
            value: fingerprint && (
              <>
                {fingerprint} <CopyButton value={fingerprint} label="Copy the fingerprint" />
              </>
            ),
          },
        ]}
      />
    </div>
  );
}

function Validity({ not_before, not_after }: Pick<Signature, 'not_before' | 'not_after'>) {
  return (
    <>
      from <Time at={not_before} fallback="always" /> to <Time at={not_after} fallback="no end" />
    </>
  );
}
