// Shown to those whose role does not reach here.
import { IconLock } from '@tabler/icons-react';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState } from '../shared/states';

export function NotAllowed({ title }: { title: string }) {
  return (
    <>
      <PageHeader title={title} />
      <EmptyState icon={<IconLock size={32} />} title="Your role does not allow this">
        Ask an administrator of your organization.
      </EmptyState>
    </>
  );
}
