// Whether both sources see the same messages: the verdict, the numbers of each folder, what differs.
import { Group, SimpleGrid, Stack, Table, Text, ThemeIcon } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconClock } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Comparison, Difference, FolderComparison, Migration } from '../../api/types';
import { CopyButton } from '../../shared/CopyButton';
import { byteSize, count, counted } from '../../shared/format';
import { SCROLLED_BY_KEYS } from '../../shared/scrolledByKeys';
import { Time } from '../../shared/Time';
import { differenceText, type SourceTitles, verdict } from './verdict';

type ComparisonReportProps = { migration: Migration; titles: SourceTitles };

export function ComparisonReport({ migration, titles }: ComparisonReportProps) {
  const { comparison } = migration;
  if (!comparison) {
    return (
      <Verdict color="gray" icon={<IconClock size={20} />} text="Not compared yet">
        the first comparison follows within a quarter of an hour, or when asked
      </Verdict>
    );
  }
  const someDiffer = comparison.folders.some((folder) => folder.equal < folder.read);
  return (
    <Stack gap="md">
      <Verdict
        color={comparison.agrees ? 'teal' : 'orange'}
        icon={comparison.agrees ? <IconCheck size={20} /> : <IconAlertTriangle size={20} />}
        text={verdict(comparison)}
      >
        {comparison.trouble ? 'tried' : 'compared'} <Time at={comparison.at} /> · {howOften(migration)}
      </Verdict>
      <Trouble comparison={comparison} />
      {comparison.folders.map((folder) => (
        <FolderReport key={folder.here} folder={folder} titles={titles} />
      ))}
      {someDiffer && (
        <Text size="xs" c="dimmed">
          Differing bytes are normal: servers build messages anew for each protocol. They do not matter,
          because messages are matched by their identity.
        </Text>
      )}
    </Stack>
  );
}

function howOften({ agreements, comparisons }: Migration): string {
  const compared = counted(comparisons, 'comparison');
  return agreements > 0
    ? `${counted(agreements, 'agreement')} in a row, of ${compared}`
    : `${compared} so far`;
}

type VerdictProps = { color: string; icon: ReactNode; text: string; children: ReactNode };

function Verdict({ color, icon, text, children }: VerdictProps) {
  return (
    <Group gap="sm" wrap="nowrap">
      <ThemeIcon variant="light" color={color} size="lg" radius="xl">
        {icon}
      </ThemeIcon>
      <div>
        <Text fw={600} className="tabular" role="status">
          {text}
        </Text>
        <Text size="xs" c="dimmed" component="div">
          {children}
        </Text>
      </div>
    </Group>
  );
}

function Trouble({ comparison: { trouble } }: { comparison: Comparison }) {
  if (!trouble) return null;
  return (
    <div>
      <Text size="sm" className="breakable">
        {trouble.message}
      </Text>
      {trouble.hint && (
        <Text size="sm" c="dimmed" className="breakable">
          {trouble.hint}
        </Text>
      )}
    </div>
  );
}

type FolderReportProps = { folder: FolderComparison; titles: SourceTitles };

function FolderReport({ folder, titles }: FolderReportProps) {
  const { here, there, both, only_here, only_there, unnamed, read, equal } = folder;
  const figures: { label: string; value: string; differs?: boolean }[] = [
    { label: 'In both', value: count(both) },
    { label: `Only in ${titles.here}`, value: count(only_here), differs: only_here > 0 },
    { label: `Only in ${titles.there}`, value: count(only_there), differs: only_there > 0 },
    { label: 'Not identified', value: count(unnamed), differs: unnamed > 0 },
    {
      label: 'Equal in every byte',
      value: read === 0 ? 'none read' : `${count(equal)} of ${count(read)} read`,
    },
  ];
  const listed = folder.differences.length;
  const differences = only_here + only_there + unnamed;
  return (
    <section aria-label={`Folder ${here}`}>
      <Text size="sm" fw={500} mb={4} className="breakable">
        {here}
        {there !== here && (
          <Text span size="sm" c="dimmed" fw={400}>
            {' '}
            – {there} in {titles.there}
          </Text>
        )}
      </Text>
      <SimpleGrid component="dl" cols={{ base: 2, sm: 5 }} spacing="sm" verticalSpacing={6} m={0}>
        {figures.map(({ label, value, differs }) => (
          <div key={label}>
            <Text component="dt" size="xs" c="dimmed">
              {label}
            </Text>
            <Text component="dd" m={0} fw={600} className="tabular" c={differs ? DIFFERS : undefined}>
              {value}
            </Text>
          </div>
        ))}
      </SimpleGrid>
      {listed > 0 && <Differences folder={folder} titles={titles} />}
      {differences > listed && (
        <Text size="xs" c="dimmed" mt={4}>
          and {count(differences - listed)} more
        </Text>
      )}
    </section>
  );
}

const DIFFERS = 'light-dark(#c2410c, #ffa94d)';

function Differences({ folder, titles }: FolderReportProps) {
  return (
    <Table.ScrollContainer minWidth={560} maxHeight={260} mt="xs" {...SCROLLED_BY_KEYS}>
      <Table fz="xs" verticalSpacing={4} layout="fixed" aria-label={`Differences in ${folder.here}`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={190}>Where it is</Table.Th>
            <Table.Th w={100}>Received</Table.Th>
            <Table.Th w={70} ta="right">
              Size
            </Table.Th>
            <Table.Th>Message</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {folder.differences.map((difference) => (
            <DifferenceRow key={difference.remote_id} difference={difference} titles={titles} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function DifferenceRow({ difference, titles }: { difference: Difference; titles: SourceTitles }) {
  const { remote_id, what, size, received } = difference;
  return (
    <Table.Tr>
      <Table.Td>{differenceText(what, titles)}</Table.Td>
      <Table.Td>
        <Time at={received} />
      </Table.Td>
      <Table.Td ta="right">{size === null ? '–' : byteSize(size)}</Table.Td>
      <Table.Td>
        <Group gap={4} wrap="nowrap">
          <Text span size="xs" truncate className="mono" title={remote_id}>
            {remote_id}
          </Text>
          <CopyButton value={remote_id} label={`Copy the identity ${remote_id}`} />
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
