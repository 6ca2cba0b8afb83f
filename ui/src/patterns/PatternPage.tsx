// One pattern: what it looks for and what it finds in stored mail, side by side.
import { Alert, SimpleGrid } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { asProblem } from '../api/problem';
import type { Pattern } from '../api/types';
import { useMay } from '../session/session';
import { NotAllowed } from '../settings/NotAllowed';
import { showFieldErrors } from '../shared/formErrors';
import { PageHeader } from '../shared/PageHeader';
import { EmptyState, FailedState, LoadingRows } from '../shared/states';
import { PatternFields } from './PatternFields';
import { PatternTrial } from './PatternTrial';
import { useNamedPatterns, usePatterns, useSavePattern } from './patterns';
import { draftOf, NEW_PATTERN, type PatternValues, valuesOf } from './patternWords';

const NO_EXPRESSION = 'Write an expression';

export default function PatternPage() {
  return useMay('read_desk') ? <Loaded /> : <NotAllowed title="Pattern" />;
}

function Loaded() {
  const { id } = useParams();
  const [search] = useSearchParams();
  const from = search.get('from');
  const patterns = usePatterns();
  const named = useNamedPatterns();
  const query = id ? patterns : named;
  if (query.error && !query.data) {
    return <FailedState what="The pattern" error={query.error} retry={() => void query.refetch()} />;
  }
  if (!query.data) return <LoadingRows label="Loading the pattern" />;
  if (id) {
    const existing = patterns.data?.find((one) => one.id === id);
    if (existing)
      return (
        <Editor key={existing.id} existing={existing} initial={valuesOf(existing.pattern, existing.active)} />
      );
    return (
      <EmptyState title="There is no such pattern" wholePage>
        It was deleted, or it belongs to somebody else.
      </EmptyState>
    );
  }
  const begun = named.data?.find((one) => one.id === from);
  return <Editor key={from ?? ''} existing={null} initial={begun ? valuesOf(begun.pattern) : NEW_PATTERN} />;
}

function Editor({ existing, initial }: { existing: Pattern | null; initial: PatternValues }) {
  const mayManage = useMay('manage_connectors');
  const navigate = useNavigate();
  const [failure, setFailure] = useState<string | null>(null);
  const form = useForm<PatternValues>({
    initialValues: initial,
    validate: {
      name: (value) => (value.trim() ? null : 'Give it a name'),
      expression: (value) => (value.trim() ? null : NO_EXPRESSION),
      looks_at: (value) => (value.length > 0 ? null : 'Choose where it looks'),
      gives: (value, { as }) => (as === 'indicator' || value.trim() ? null : 'Name the field'),
    },
  });
  const save = useSavePattern(existing, () => navigate('/settings/patterns'));
  const refused = (error: unknown) => setFailure(showFieldErrors(form, error));
  const submit = form.onSubmit((values) => {
    setFailure(null);
    save.mutate({ pattern: draftOf(values), active: values.active }, { onError: refused });
  });
  return (
    <>
      <PageHeader
        title={existing?.pattern.name ?? 'New pattern'}
        description="Try it on stored mail before it is saved: it is run exactly as it will be on new mail."
      />
      {!mayManage && (
        <Alert mb="md" color="gray">
          You can try this pattern; an administrator or integration manager can change it.
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <form onSubmit={submit} noValidate>
          <PatternFields
            form={form}
            failure={failure}
            saving={save.isPending}
            mayManage={mayManage}
            onCancel={() => navigate('/settings/patterns')}
          />
        </form>
        <PatternTrial
          draft={() => {
            if (form.values.expression.trim()) return draftOf(form.values);
            form.setFieldError('expression', NO_EXPRESSION);
            return null;
          }}
          onRefused={(error) => {
            // What is wrong with the expression stands beside the expression.
            const said = showFieldErrors(form, error);
            return asProblem(error).fields.length > 0 && said === null;
          }}
        />
      </SimpleGrid>
    </>
  );
}
