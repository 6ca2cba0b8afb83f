// What Mailcase found out about the sender itself, each check with its reason.
import { Anchor, Badge, Group, List, Stack, Table, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import type { Check, Verification } from '../api/types';
import { Time } from '../shared/Time';
import { alignment, checkColor, checkTitle, METHODS, OUTCOMES } from './origin';

export function OwnChecks({ own }: { own: Verification | null | undefined }) {
  const checks = own?.checks ?? [];
  return (
    <div>
      <Title order={2} size="h3">
        Verified by Mailcase
      </Title>
      <Text size="sm" c="dimmed" mb={4} component="div">
        {own?.asked_at ? (
          <>
            With the records of the DNS as they were <Time at={own.asked_at} />.
          </>
        ) : (
          <>
            The DNS is not asked about senders, so this is not checked.{' '}
            <Anchor component={Link} to="/settings/own-domains" size="sm" underline="always">
              Own domains
            </Anchor>{' '}
            says whether it may be.
          </>
        )}
      </Text>
      {checks.length > 0 && (
        <Table fz="sm" layout="fixed" aria-label="Verified by Mailcase" verticalSpacing={6}>
          <Table.Tbody>
            {checks.map((check, position) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two signatures may be alike
              <Row key={position} check={check} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {own && own.asked.length > 0 && <Records asked={own.asked} />}
    </div>
  );
}

function Row({ check }: { check: Check }) {
  const aligned = alignment(check);
  return (
    <Table.Tr>
      <Table.Th w={{ base: 130, sm: 210 }} fw={500} style={{ verticalAlign: 'top' }}>
        <Badge tt="none" variant="light" color={checkColor(check)} aria-label={checkTitle(check)}>
          {METHODS[check.method]} {OUTCOMES[check.outcome]}
        </Badge>
        {check.domain && (
          <Text size="xs" c="dimmed" className="breakable">
            {check.domain}
          </Text>
        )}
      </Table.Th>
      <Table.Td className="breakable">
        <Stack gap={2}>
          <Text size="sm">{sentence(check.reason)}</Text>
          {aligned && (
            <Text size="xs" c="dimmed">
              {aligned}
            </Text>
          )}
          {check.notes.length > 0 && (
            <List size="xs">
              {check.notes.map((note) => (
                <List.Item key={note}>{sentence(note)}</List.Item>
              ))}
            </List>
          )}
          {check.properties.length > 0 && (
            <Text size="xs" c="dimmed" className="mono">
              {check.properties.map(({ name, value }) => `${name}=${value}`).join(' ')}
            </Text>
          )}
        </Stack>
      </Table.Td>
    </Table.Tr>
  );
}

function Records({ asked }: { asked: Verification['asked'] }) {
  return (
    <details>
      <Text size="sm" component="summary" style={{ cursor: 'pointer' }}>
        What the DNS said
      </Text>
      <Stack gap={4} mt={4}>
        {asked.map(({ name, record, answer }) => (
          <div key={`${record} ${name}`}>
            <Group gap={6}>
              <Text size="xs" fw={500} className="mono breakable">
                {record} {name}
              </Text>
              {answer === null && (
                <Badge size="xs" color="orange" variant="light" tt="none">
                  no answer
                </Badge>
              )}
              {answer?.length === 0 && (
                <Text size="xs" c="dimmed">
                  not there
                </Text>
              )}
            </Group>
            {answer?.map((one) => (
              <Text key={one} size="xs" className="mono breakable" c="dimmed">
                {one}
              </Text>
            ))}
          </div>
        ))}
      </Stack>
    </details>
  );
}

/** Begins with a capital, unless it begins with a name of the DNS. */
function sentence(text: string): string {
  if (/^\S*\./.test(text)) return text;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
