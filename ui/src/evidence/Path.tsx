// The way a message claims to have come, hop by hop, and from where on it is to be believed.
import { Badge, Table, Text, Title } from '@mantine/core';
import type { Hop, Verdicts } from '../api/types';
import { SCROLLED_BY_KEYS } from '../shared/scrolledByKeys';
import { Time } from '../shared/Time';
import { delayWords } from './origin';

export function Path({ hops, route }: { hops: Hop[]; route: Verdicts['route'] }) {
  const { border, delays, total } = route;
  return (
    <div>
      <Title order={2} size="h3">
        Path
      </Title>
      <Text size="sm" c="dimmed" mb={4}>
        Newest hop first, as the Received headers claim.
        {typeof total === 'number' && ` ${delayWords(total)} from the oldest to the newest.`} Below the hop
        that came from outside everything is hearsay.
      </Text>
      <Table.ScrollContainer minWidth={640} {...SCROLLED_BY_KEYS}>
        <Table fz="sm" aria-label="Path of the message">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>From</Table.Th>
              <Table.Th>Address</Table.Th>
              <Table.Th>By</Table.Th>
              <Table.Th>With</Table.Th>
              <Table.Th>When</Table.Th>
              <Table.Th>Took</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {hops.map((hop, position) => {
              const hearsay = typeof border === 'number' && position > border;
              const delay = delays[position];
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: hops have no identity but their position
                <Table.Tr key={position} c={hearsay ? 'dimmed' : undefined}>
                  <Table.Td className="breakable">{hop.from ?? '–'}</Table.Td>
                  <Table.Td className="mono">
                    {hop.from_ip ?? '–'}
                    {position === border && (
                      <Badge size="xs" variant="outline" display="block">
                        from outside
                      </Badge>
                    )}
                  </Table.Td>
                  <Table.Td className="breakable">{hop.by ?? '–'}</Table.Td>
                  <Table.Td>{hop.with ?? '–'}</Table.Td>
                  <Table.Td>
                    <Time at={hop.date} />
                  </Table.Td>
                  <Table.Td c={typeof delay === 'number' && delay < 0 ? 'red' : undefined}>
                    {delayWords(delay)}
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </div>
  );
}
