// What speaks for and against the sender a message names: oddities, and what servers on the way wrote down.
import { Alert, Table, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { MailingList, Verdicts } from '../api/types';
import { MarkList } from './MarkList';
import { OwnChecks } from './OwnChecks';
import { claimant } from './origin';
import { ResultBadges } from './ResultBadges';

type OriginProps = { verdicts: Verdicts; list: MailingList | null | undefined };

export function Origin({ verdicts: { authentication, marks, own }, list }: OriginProps) {
  return (
    <>
      {marks.length > 0 && (
        <Alert color="yellow" p="xs" icon={<IconAlertTriangle />} title="Before you believe the sender">
          <MarkList marks={marks} />
        </Alert>
      )}
      {list && <Sent through={list} />}
      <OwnChecks own={own} />
      {authentication.length > 0 && <Authentication claims={authentication} />}
    </>
  );
}

function Sent({ through: { id, name, takes_mail, because } }: { through: MailingList }) {
  const called = name ?? id;
  return (
    <Text size="sm" className="breakable">
      Sent through {called ? `the mailing list ${called}` : 'a mailing list'}
      {name && id && ` (${id})`}
      {takes_mail === false && ', which takes no answers'}.{' '}
      <Text span size="xs" c="dimmed">
        {because}
      </Text>
    </Text>
  );
}

function Authentication({ claims }: { claims: Verdicts['authentication'] }) {
  const anyTrusted = claims.some(({ trusted }) => trusted);
  return (
    <div>
      <Title order={2} size="h3">
        What servers said
      </Title>
      <Text size="sm" c="dimmed" mb={4}>
        {anyTrusted
          ? 'What your own servers found out, and what others claim.'
          : 'What servers on the way claim. Whoever wrote the message can have written these lines as well.'}
      </Text>
      <Table fz="sm" layout="fixed" aria-label="Authentication" verticalSpacing={4}>
        <Table.Tbody>
          {claims.map((claim, position) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two headers may say the same
            <Table.Tr key={position}>
              <Table.Th
                w={{ base: 120, sm: 210 }}
                fw={500}
                c="dimmed"
                className="breakable"
                style={{ verticalAlign: 'top' }}
              >
                {claimant(claim)}
                <Text size="xs" c="dimmed">
                  {claim.trusted ? 'your server' : claim.header}
                </Text>
              </Table.Th>
              <Table.Td>
                <ResultBadges results={claim.results} trusted={claim.trusted} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
