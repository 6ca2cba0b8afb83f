// What the codes of pictures and drawings say, of which kind they are and where.
import { Anchor, Group, Text } from '@mantine/core';
import { factName } from '../evidence/partWords';
import { CopyButton } from '../shared/CopyButton';
import classes from './Preview.module.css';
import type { Code } from './previewWords';

export function Codes({ codes, onOpen }: { codes: Code[]; onOpen?: (path: string) => void }) {
  return (
    <ul className={classes.passages} aria-label="Codes">
      {codes.map(({ path, name, kind, text }) => (
        <li key={`${path} ${text}`} className={classes.passage}>
          <Group gap={4} wrap="nowrap" justify="space-between" align="flex-start">
            <Text size="sm" className="mono breakable">
              {text}
            </Text>
            <CopyButton value={text} label="Copy what the code says, defanged" />
          </Group>
          <Text size="xs" c="dimmed" className="breakable">
            {factName(kind)} in {name}, part{' '}
            {onOpen ? (
              <Anchor component="button" type="button" size="xs" onClick={() => onOpen(path)}>
                {path}
              </Anchor>
            ) : (
              <span className="mono">{path}</span>
            )}
          </Text>
        </li>
      ))}
    </ul>
  );
}
