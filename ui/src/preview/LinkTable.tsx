// The links of a page by their numbers in it: what the reader saw, and where each really leads.
import { Badge, Group, Table, Text } from '@mantine/core';
import type { PreviewLink } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { SCROLLED_BY_KEYS } from '../shared/scrolledByKeys';

export function LinkTable({ links }: { links: PreviewLink[] }) {
  return (
    <Table.ScrollContainer minWidth={420} {...SCROLLED_BY_KEYS}>
      <Table fz="sm" aria-label="Links">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={40}>No.</Table.Th>
            <Table.Th w="32%">Shown as</Table.Th>
            <Table.Th>Leads to</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {links.map((link, position) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a link is known by its number in the page
            <Table.Tr key={position} style={{ verticalAlign: 'top' }}>
              <Table.Td c="dimmed">{position + 1}</Table.Td>
              <Table.Td className="breakable">
                {link.text || (
                  <Text span c="dimmed" size="sm">
                    (no text)
                  </Text>
                )}
                <LinkMarks link={link} />
              </Table.Td>
              <Table.Td>
                <Target target={link.opened ?? link.target} />
                {link.opened && (
                  <Text size="xs" c="dimmed" component="div">
                    by way of {link.wrapper ? link.wrapper.replaceAll('_', ' ') : 'another address'}:{' '}
                    <span className="mono breakable">{link.target}</span>
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function LinkMarks({ link }: { link: PreviewLink }) {
  if (!link.differs && link.seen) return null;
  return (
    <Group gap={4} mt={2}>
      {link.differs && (
        <Badge size="sm" color="red" tt="none">
          names another host
        </Badge>
      )}
      {!link.seen && (
        <Badge size="sm" color="orange" tt="none">
          hidden from the reader
        </Badge>
      )}
    </Group>
  );
}

function Target({ target }: { target: string }) {
  return (
    <Group gap={4} wrap="nowrap" justify="space-between" align="flex-start">
      <span className="mono breakable">{target}</span>
      <CopyButton value={target} label="Copy the defanged address" />
    </Group>
  );
}
