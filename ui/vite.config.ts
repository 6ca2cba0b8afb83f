import { cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Puts the API reference page beside the app: Swagger UI from npm, started by reference/init.js. */
function apiReference(): Plugin {
  const files = [
    'swagger-ui.css',
    'swagger-ui-bundle.js',
    'swagger-ui-bundle.js.LICENSE.txt',
    'LICENSE',
    'NOTICE',
  ];
  return {
    name: 'api-reference',
    apply: 'build',
    async closeBundle() {
      const from = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
      const to = path.resolve(import.meta.dirname, 'dist/reference');
      await mkdir(to, { recursive: true });
      await Promise.all(files.map((file) => cp(path.join(from, file), path.join(to, file))));
    },
  };
}

export default defineConfig({
  plugins: [react(), apiReference()],
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8025' } } },
  build: { target: 'es2022', assetsInlineLimit: 0, reportCompressedSize: false },
  test: { include: ['src/**/*.test.ts'] },
});
