// What a server wrote about a sender, one badge for each method.
import { Badge, Group, Text, Tooltip } from '@mantine/core';
import type { AuthenticationResults } from '../api/types';
import { resultColor, whole } from './origin';

type ResultBadgesProps = {
  results: AuthenticationResults['results'];
  /** Nobody but the server itself can have written them. */
  trusted: boolean;
};

export function ResultBadges({ results, trusted }: ResultBadgesProps) {
  return (
    <Group gap={6}>
      {results.map((result) => (
        <Tooltip key={whole(result)} label={whole(result)} multiline maw={420}>
          <Badge
            tabIndex={0}
            tt="none"
            variant={trusted ? 'light' : 'outline'}
            color={resultColor(result.result, trusted)}
            aria-label={whole(result)}
          >
            {result.method} {result.result}
          </Badge>
        </Tooltip>
      ))}
      {results.length === 0 && (
        <Text size="sm" c="dimmed">
          nothing was tried
        </Text>
      )}
    </Group>
  );
}
