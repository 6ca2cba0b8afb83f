// What marks say, one line each.
import { List } from '@mantine/core';
import type { Verdicts } from '../api/types';

export function MarkList({ marks }: { marks: Verdicts['marks'] }) {
  return (
    <List size="sm">
      {marks.map(({ kind, message }) => (
        <List.Item key={`${kind} ${message}`} className="breakable">
          {message}
        </List.Item>
      ))}
    </List>
  );
}
