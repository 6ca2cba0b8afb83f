// The certificates a server or proxy presented, leaf first.
import { Accordion, DataList, Group, Text } from '@mantine/core';
import { useState } from 'react';
import type { Certificate } from '../../api/types';
import { CopyButton } from '../../shared/CopyButton';
import { exactUtc } from '../../shared/format';
import type { Peer } from './draft';
import { groupedHex } from './pem';

const TITLES: Record<Peer, string> = {
  server: 'Certificate chain',
  proxy: 'Certificate chain of the proxy',
};

type CertificateChainProps = { of: Peer; chain: Certificate[]; open: boolean };

export function CertificateChain({ of, chain, open }: CertificateChainProps) {
  const [shown, setShown] = useState<string[]>(open && chain[0] ? [chain[0].sha256] : []);
  return (
    <section aria-label={TITLES[of]}>
      <Text size="sm" fw={600} mb={4}>
        {TITLES[of]}
      </Text>
      <Accordion multiple variant="contained" value={shown} onChange={setShown}>
        {chain.map((certificate, position) => (
          <Accordion.Item key={certificate.sha256} value={certificate.sha256}>
            <Accordion.Control>
              <Text size="sm" className="breakable">
                {position === 0 ? (of === 'proxy' ? 'Proxy: ' : 'Server: ') : 'Issuer: '}
                {certificate.subject}
              </Text>
            </Accordion.Control>
            <Accordion.Panel>
              <CertificateFacts certificate={certificate} />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </section>
  );
}

export function CertificateFacts({ certificate }: { certificate: Certificate }) {
  const facts = [
    ['Subject', certificate.subject],
    ['Issuer', certificate.issuer],
    ['Names', certificate.names.join(', ') || 'none'],
    ['Valid from', certificate.not_before ? exactUtc(certificate.not_before) : 'unknown'],
    ['Valid until', certificate.not_after ? exactUtc(certificate.not_after) : 'unknown'],
  ] as const;
  const print = groupedHex(certificate.sha256);
  return (
    <DataList labelWidth="90px" gap={4} size="sm">
      {facts.map(([label, value]) => (
        <DataList.Item key={label}>
          <DataList.ItemLabel>{label}</DataList.ItemLabel>
          <DataList.ItemValue className="breakable">{value}</DataList.ItemValue>
        </DataList.Item>
      ))}
      <DataList.Item>
        <DataList.ItemLabel>SHA-256</DataList.ItemLabel>
        <DataList.ItemValue>
          <Group gap={4} wrap="nowrap" align="flex-start">
            <span className="mono breakable">{print}</span>
            <CopyButton value={print} label="Copy the fingerprint" />
          </Group>
        </DataList.ItemValue>
      </DataList.Item>
    </DataList>
  );
}
