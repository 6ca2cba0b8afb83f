// A text from a mail, as text and nothing else.
import { Alert } from '@mantine/core';
import classes from './TextBlock.module.css';

export function TextBlock({ content, truncated }: { content: string; truncated: boolean }) {
  return (
    <>
      {truncated && (
        <Alert color="yellow" p="xs" mb="xs">
          The text is cut here because it is very long. The raw bytes hold all of it.
        </Alert>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <pre className={classes.text} tabIndex={0}>
        {content}
      </pre>
    </>
  );
}
