// Takes files by drag and drop or from the file picker. The files are handed over and kept nowhere.
import { Button, FileButton, Text } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import { IconFileUpload } from '@tabler/icons-react';
import { type DragEvent, useRef, useState } from 'react';
import classes from './DropZone.module.css';

type DropZoneProps = {
  /** What to do: "Drop message files here". */
  title: string;
  /** Which files are taken. */
  hint: string;
  /** Name endings the file picker shows first. */
  accept?: string;
  onFiles: (files: File[]) => void;
  disabled?: boolean;
  small?: boolean;
};

export function DropZone({ title, hint, accept, onFiles, disabled, small }: DropZoneProps) {
  const [over, setOver] = useState(false);
  const reset = useRef<() => void>(null);
  // A file dropped beside the zone would replace the page by the file.
  useWindowEvent('dragover', refuse);
  useWindowEvent('drop', refuse);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const files = [...event.dataTransfer.files];
    if (!disabled && files.length > 0) onFiles(files);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one way, the button within the other
    <div
      className={classes.zone}
      data-small={small || undefined}
      data-over={(over && !disabled) || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
      data-testid="drop-zone"
    >
      <IconFileUpload size={small ? 20 : 28} aria-hidden />
      <Text size="sm">{title}</Text>
      <FileButton
        multiple
        accept={accept}
        disabled={disabled}
        resetRef={reset}
        onChange={(files) => {
          if (files.length > 0) onFiles(files);
          // So that the same file can be chosen again.
          reset.current?.();
        }}
      >
        {(props) => (
          <Button {...props} size="xs" disabled={disabled}>
            Choose files
          </Button>
        )}
      </FileButton>
      <Text size="xs" c="dimmed" ta="center">
        {hint}
      </Text>
    </div>
  );
}

function refuse(event: globalThis.DragEvent): void {
  if (!event.dataTransfer?.types.includes('Files') || event.defaultPrevented) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = 'none';
}
