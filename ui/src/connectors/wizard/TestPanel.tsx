// "Test connection": every step with what was found, and the offer to trust a certificate after showing it.
import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconAlertTriangle,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconPlugConnected,
  type IconProps,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { Link } from 'react-router';
import { asProblem } from '../../api/problem';
import type { Certificate, CheckReport, CheckStep } from '../../api/types';
import { Confirm } from '../../shared/confirm';
import { CertificateChain, CertificateFacts } from './CertificateChain';
import type { Peer } from './draft';
import classes from './TestPanel.module.css';

export type ConnectionTest = {
  report: CheckReport | undefined;
  error: Error | null;
  running: boolean;
  run: () => void;
  /** Trusts a certificate; absent when the kind of source knows no trusted ones, or nothing may be changed. */
  trust?: Partial<Record<Peer, (pem: string) => void>>;
  /** Where it can be trusted instead. */
  trustAt?: string;
};

export function TestPanel({ test }: { test: ConnectionTest }) {
  const { report } = test;
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Button
          variant={report?.passed ? 'default' : 'light'}
          leftSection={<IconPlugConnected size={16} />}
          loading={test.running}
          onClick={test.run}
        >
          Test connection
        </Button>
        <Text size="sm" c={report ? undefined : 'dimmed'} fw={report ? 600 : undefined} role="status">
          {verdict(test)}
        </Text>
      </Group>
      {test.error && (
        <Alert color="red" icon={<IconAlertTriangle />} title="The test could not be run" role="alert">
          {asProblem(test.error).message}
        </Alert>
      )}
      {report && (
        <ol className={classes.steps} aria-label="Steps of the test">
          {report.steps.map((step) => (
            <Step key={`${step.name} ${step.title}`} step={step} />
          ))}
        </ol>
      )}
      {report?.proxy_untrusted && <TrustOffer of="proxy" chain={report.proxy_chain} test={test} />}
      {report && report.proxy_chain.length > 0 && (
        <CertificateChain of="proxy" chain={report.proxy_chain} open={report.proxy_untrusted} />
      )}
      {report?.untrusted && <TrustOffer of="server" chain={report.chain} test={test} />}
      {report && report.chain.length > 0 && (
        <CertificateChain of="server" chain={report.chain} open={report.untrusted} />
      )}
    </Stack>
  );
}

function verdict({ report, running }: ConnectionTest): string {
  if (running) return 'Testing…';
  if (!report) return 'Nothing is changed in the mailbox by a test.';
  return report.passed ? 'The test passed.' : 'The test failed.';
}

const LOOKS: Record<CheckStep['status'], { icon: ComponentType<IconProps>; color: string; word: string }> = {
  passed: { icon: IconCircleCheckFilled, color: 'light-dark(#0b7a5a, #38d9a9)', word: 'Passed' },
  warning: { icon: IconAlertTriangle, color: 'light-dark(#c2410c, #ffa94d)', word: 'Warning' },
  failed: { icon: IconCircleXFilled, color: 'light-dark(#c92a2a, #ff8787)', word: 'Failed' },
  skipped: { icon: IconCircleDashed, color: 'var(--mantine-color-dimmed)', word: 'Skipped' },
};

function Step({ step }: { step: CheckStep }) {
  const { icon: Icon, color, word } = LOOKS[step.status];
  return (
    <li className={classes.step} data-status={step.status}>
      <span role="img" aria-label={word} style={{ color, lineHeight: 0, flex: 'none', marginTop: 1 }}>
        <Icon size={18} />
      </span>
      <div style={{ minWidth: 0, flex: 1 }}>
        <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
          <Text size="sm" fw={600} c={step.status === 'skipped' ? 'dimmed' : undefined}>
            {step.title}
          </Text>
          {step.status !== 'skipped' && (
            <Text size="xs" c="dimmed" className="tabular" style={{ flex: 'none' }}>
              {step.millis} ms
            </Text>
          )}
        </Group>
        {step.detail && (
          <Text size="sm" c="dimmed" className="breakable">
            {step.detail}
          </Text>
        )}
        {step.hint && (
          <Text size="sm" className="breakable">
            {step.hint}
          </Text>
        )}
      </div>
    </li>
  );
}

const OFFERS: Record<Peer, { title: string; text: string; confirm: string }> = {
  server: {
    title: 'The certificate is not trusted',
    text:
      'Nobody this machine trusts vouches for it. If it is the certificate of your server, compare its fingerprint ' +
      "with the one the server's administrator gives you, then trust exactly this certificate for this connector.",
    confirm: 'It will be trusted for this connector only. Does the fingerprint match?',
  },
  proxy: {
    title: 'The certificate of the proxy is not trusted',
    text:
      'Nobody this machine trusts vouches for it. If it is the certificate of your proxy, compare its fingerprint ' +
      "with the one the proxy's administrator gives you, then trust exactly this certificate for the proxy.",
    confirm: 'It will be trusted for the proxy of this connector only. Does the fingerprint match?',
  },
};

function TrustOffer({ of, chain, test }: { of: Peer; chain: Certificate[]; test: ConnectionTest }) {
  const trust = test.trust?.[of];
  const { trustAt } = test;
  const [asking, ask] = useDisclosure(false);
  const leaf = chain[0];
  if (!leaf) return null;
  const offer = OFFERS[of];
  return (
    <Alert color="orange" icon={<IconAlertTriangle />} title={offer.title}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{offer.text}</Text>
        {trust && (
          <Button size="xs" variant="default" onClick={ask.open}>
            Trust this certificate
          </Button>
        )}
        {trustAt && (
          <Anchor component={Link} to={trustAt} size="sm">
            Trust it in the settings
          </Anchor>
        )}
      </Stack>
      {trust && (
        <Confirm
          opened={asking}
          title="Trust this certificate?"
          confirmLabel="Trust and test again"
          onConfirm={() => {
            ask.close();
            trust(leaf.pem);
          }}
          onClose={ask.close}
        >
          <Stack gap="sm">
            <Text size="sm">{offer.confirm}</Text>
            <CertificateFacts certificate={leaf} />
          </Stack>
        </Confirm>
      )}
    </Alert>
  );
}
