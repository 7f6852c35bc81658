// Writes asyncapi.json from the built catalogue of events: `npm run asyncapi`, after a change in src/events/catalogue/.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { toAsyncApi } from '../dist/events/catalogue/asyncapi.js';

const root = path.resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
writeFileSync(
  path.join(root, 'asyncapi.json'),
  `${JSON.stringify(toAsyncApi(version), null, 2)}\n`,
);
