// The message as its reader saw it, made harmless: sanitised by the server, in a frame that can do nothing.
import { Alert, Group, Stack, Table, Text, Title } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { previewUrl } from '../api/links';
import { CopyButton } from '../shared/CopyButton';
import { SCROLLED_BY_KEYS } from '../shared/scrolledByKeys';
import { FailedState } from '../shared/states';
import { usePreviewFacts } from './messages';
import classes from './Preview.module.css';

export function Preview({ id }: { id: string }) {
  const facts = usePreviewFacts(id);
  return (
    <Stack gap="sm">
      {facts.data && facts.data.removed.length > 0 && (
        <Alert color="gray" p="xs" icon={<IconShieldCheck />}>
          Taken out of the preview: {facts.data.removed.join(', ')}.
        </Alert>
      )}
      {/* No sandbox permission at all: no script, no form, no navigation, an origin of its own. */}
      <iframe title="Message preview" src={previewUrl(id)} sandbox="" className={classes.frame} />
      {facts.isError && (
        <FailedState what="The links of the message" error={facts.error} retry={() => void facts.refetch()} />
      )}
      {facts.data && facts.data.links.length > 0 && (
        <div>
          <Title order={2} size="h3" mb={4}>
            Links and where they really lead
          </Title>
          <Table.ScrollContainer minWidth={420} {...SCROLLED_BY_KEYS}>
            <Table fz="sm" aria-label="Links">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th w="35%">Shown as</Table.Th>
                  <Table.Th>Leads to</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {facts.data.links.map((link) => (
                  <Table.Tr key={`${link.text} ${link.target}`}>
                    <Table.Td className="breakable">
                      {link.text || (
                        <Text span c="dimmed" size="sm">
                          (no text)
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td>
                      <Group gap={4} wrap="nowrap" justify="space-between">
                        <span className="mono breakable">{link.target}</span>
                        <CopyButton value={link.target} label="Copy the defanged address" />
                      </Group>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </div>
      )}
    </Stack>
  );
}
