// What the format of a part says about it. Its sender wrote that, like everything else.
import { Button, Text } from '@mantine/core';
import { useState } from 'react';
import type { Fact } from '../api/types';
import { PropertyTable } from './PropertyTable';
import { factName } from './partWords';
import { Section } from './Section';

/** So many are shown at first; documents and old address books bring a hundred. */
const AT_FIRST = 12;

export function Facts({ facts }: { facts: Fact[] }) {
  const [all, setAll] = useState(false);
  if (facts.length === 0) return null;
  const shown = all ? facts : facts.slice(0, AT_FIRST);
  return (
    <Section title="Facts">
      <Text size="xs" c="dimmed" mb={4}>
        As the format of this part tells them. The sender wrote them: they may be false.
      </Text>
      <PropertyTable what="Facts" rows={shown.map(({ name, value }) => ({ name: factName(name), value }))} />
      {facts.length > shown.length && (
        <Button variant="subtle" size="xs" mt={4} onClick={() => setAll(true)}>
          Show all {facts.length}
        </Button>
      )}
    </Section>
  );
}
