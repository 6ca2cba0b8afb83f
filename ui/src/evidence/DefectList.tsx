// Defects of a message or of a part.
import { List, Text } from '@mantine/core';
import type { Defect } from '../api/types';

export function DefectList({ defects }: { defects: Defect[] }) {
  return (
    <List size="sm" spacing={2} withPadding={false}>
      {defects.map((defect) => (
        <List.Item key={`${defect.code} ${defect.message}`}>
          {defect.message}{' '}
          <Text span c="dimmed" className="mono">
            {defect.code}
          </Text>
        </List.Item>
      ))}
    </List>
  );
}
