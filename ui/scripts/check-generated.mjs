// Fails when src/api/schema.ts is not what src/api/openapi.json generates.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const dir = mkdtempSync(path.join(tmpdir(), 'mailcase-schema-'));
try {
  const fresh = path.join(dir, 'schema.ts');
  execFileSync(
    'npx',
    ['openapi-typescript', 'src/api/openapi.json', '--empty-objects-unknown', '--output', fresh],
    { stdio: 'pipe' },
  );
  if (readFileSync(fresh, 'utf8') !== readFileSync('src/api/schema.ts', 'utf8')) {
    process.stderr.write('src/api/schema.ts is stale: run `npm run generate` and commit it\n');
    process.exitCode = 1;
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
