// One file of the page: on its way, failed with what to do, or what is in it.
import { Alert, Button, Group, Loader, Progress, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import { EvidenceTabs } from '../evidence/EvidenceTabs';
import { NO_SUBJECT } from '../inbox/messages';
import { byteSize } from '../shared/format';
import { failureWords } from './upload';
import type { Analysis } from './useAnalyses';

type AnalysisResultProps = { analysis: Analysis; onRetry: () => void; onRemove: () => void };

export function AnalysisResult({ analysis, onRetry, onRemove }: AnalysisResultProps) {
  const { file, state, sections } = analysis;
  const title = headline(analysis);
  return (
    <section aria-label={file.name}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" mb="xs">
        <div style={{ minWidth: 0 }}>
          <Title order={2} className="breakable">
            {title}
          </Title>
          <Text size="sm" c="dimmed" className="breakable">
            {title !== file.name && `${file.name} · `}
            {byteSize(file.size)}
          </Text>
        </div>
        <Button size="xs" variant="default" onClick={onRemove} style={{ flex: 'none' }}>
          {state.is === 'done' || state.is === 'failed' ? 'Forget' : 'Cancel'}
        </Button>
      </Group>
      {(state.is === 'waiting' || state.is === 'under_way') && <OnItsWay state={state} />}
      {state.is === 'failed' && <Failed analysis={analysis} error={state.error} onRetry={onRetry} />}
      {state.is === 'done' && <EvidenceTabs evidence={state.evidence} sections={sections} />}
    </section>
  );
}

function headline({ file, state, sections }: Analysis): string {
  if (state.is !== 'done' || !sections.includes('headers') || state.evidence.headers.length === 0) {
    return file.name;
  }
  return state.evidence.envelope.subject ?? NO_SUBJECT;
}

function OnItsWay({ state }: { state: Extract<Analysis['state'], { is: 'waiting' | 'under_way' }> }) {
  const sent = state.is === 'under_way' ? state.sent : 0;
  const sending = state.is === 'under_way' && sent < 1;
  const words = state.is === 'waiting' ? 'Waiting for the files before it' : 'The server takes it apart';
  return (
    <Stack gap={6} py="sm">
      <Group gap="xs" role="status">
        <Loader size={14} aria-hidden />
        <Text size="sm">{sending ? `Sending, ${Math.round(sent * 100)} %` : words}</Text>
      </Group>
      {sending && <Progress value={sent * 100} aria-label="Sent" />}
    </Stack>
  );
}

function Failed({ analysis, error, onRetry }: { analysis: Analysis; error: unknown; onRetry: () => void }) {
  const { what, next, again } = failureWords(error, analysis.file);
  return (
    <Alert color="red" role="alert" p="xs" icon={<IconAlertTriangle />} title="Not analysed">
      <Stack gap="xs" align="flex-start">
        <Text size="sm" className="breakable">
          {what} {next}
        </Text>
        {again && (
          <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
