// Analyse files that are kept nowhere: given, taken apart, shown, forgotten.
import { Checkbox, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { type EvidenceSection, SECTIONS } from '../evidence/EvidenceTabs';
import { DropZone } from '../shared/DropZone';
import { PageHeader } from '../shared/PageHeader';
import { AnalysisList } from './AnalysisList';
import { AnalysisResult } from './AnalysisResult';
import { FILE_MIB_MAX } from './upload';
import { useAnalyses } from './useAnalyses';

const LABELS: Record<EvidenceSection, string> = {
  headers: 'Headers',
  body: 'Body',
  parts: 'Parts',
  indicators: 'Indicators',
};

export default function AnalysePage() {
  const { analyses, add, remove, retry } = useAnalyses();
  const [asked, setAsked] = useState<string[]>([...SECTIONS]);
  const [openId, setOpenId] = useState<number | null>(null);
  const sections = SECTIONS.filter((section) => asked.includes(section));
  const open = analyses.find(({ id }) => id === openId) ?? analyses.at(-1);
  return (
    <Stack gap="md">
      <PageHeader
        title="Analyse a file"
        description="Takes a message file apart as on its way in. Nothing is kept: no message, no case, no copy, neither on the server nor in this browser. What is found stays on this page until you leave it."
      />
      <Checkbox.Group
        label="What to look at"
        value={asked}
        onChange={setAsked}
        error={sections.length === 0 ? 'Choose at least one.' : undefined}
      >
        <Group gap="md" mt={6} mb={4}>
          {SECTIONS.map((section) => (
            <Checkbox key={section} size="xs" value={section} label={LABELS[section]} />
          ))}
        </Group>
      </Checkbox.Group>
      <DropZone
        title="Drop message files here"
        hint={`.eml, .msg, winmail.dat, .p7m, archives and any other file, up to ${FILE_MIB_MAX} MiB each`}
        disabled={sections.length === 0}
        small={analyses.length > 0}
        onFiles={(files) => {
          const first = add(files, sections);
          if (first !== undefined) setOpenId(first);
        }}
      />
      {analyses.length > 1 && (
        <AnalysisList analyses={analyses} openId={open?.id} onOpen={setOpenId} onRemove={remove} />
      )}
      {open && (
        <AnalysisResult
          key={open.id}
          analysis={open}
          onRetry={() => retry(open.id)}
          onRemove={() => remove(open.id)}
        />
      )}
      {analyses.length === 0 && (
        <Text size="sm" c="dimmed">
          Several files are analysed one after the other. Parts can be downloaded, and text read in another
          charset, once a message has come by a connector or by “mailcase import”.
        </Text>
      )}
    </Stack>
  );
}
