// Names and values, such as what is known of a part. Rows without a value are left out.
import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

export type Property = { name: string; value: ReactNode; mono?: boolean };

export function PropertyTable({ what, rows }: { what: string; rows: Property[] }) {
  const shown = rows.filter(({ value }) => value !== null && value !== undefined && value !== '');
  if (shown.length === 0) return null;
  return (
    <Table fz="sm" layout="fixed" aria-label={what} verticalSpacing={3} horizontalSpacing={6}>
      <Table.Tbody>
        {shown.map(({ name, value, mono }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: facts of one name repeat, their place is their identity
          <Table.Tr key={place}>
            <Table.Th
              w={{ base: 112, sm: 140 }}
              fw={500}
              c="dimmed"
              className="breakable"
              style={{ verticalAlign: 'top' }}
            >
              {name}
            </Table.Th>
            <Table.Td className={mono ? 'mono breakable' : 'breakable'}>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
