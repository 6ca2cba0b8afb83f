// The preview of one part: a page or a picture within the message, with what its codes say beside it.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Part } from '../api/types';
import { Section } from '../evidence/Section';
import { Codes } from './Codes';
import { Preview } from './Preview';
import { codesOf, isPage, isPicture } from './previewWords';

export function PartPreview({ message, part }: { message: string; part: Part }) {
  const [asked, setAsked] = useState(false);
  const codes = codesOf(part);
  const shown = asked || codes.length > 0;
  if (!isPage(part) && !isPicture(part)) {
    return codes.length > 0 ? (
      <Section title="Codes">
        <Codes codes={codes} />
      </Section>
    ) : null;
  }
  return (
    <Section
      title={isPage(part) ? 'Preview' : 'Picture'}
      actions={
        <Button
          variant="default"
          size="xs"
          aria-expanded={shown}
          onClick={() => setAsked(true)}
          disabled={shown}
        >
          {isPage(part) ? 'Show the page, made safe' : 'Show the picture'}
        </Button>
      }
    >
      {shown && <Preview id={message} path={part.path} />}
      {codes.length > 0 && <Codes codes={codes} />}
    </Section>
  );
}
