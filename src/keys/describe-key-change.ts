import type { KeyChange, KeyHolder } from '../kakao/key-ring.js';

/** For the log: which fingerprints came and went, by app; undefined where none did. */
export function describeKeyChange({ added, removed }: KeyChange): string | undefined {
  const apps = [...new Set([...added, ...removed].map(({ app }) => app))];
  if (apps.length === 0) return undefined;
  const told = apps.map((app) => {
    const marked = [...printsOf(added, app, '+'), ...printsOf(removed, app, '-')];
    return `${app} ${marked.join(' ')}`;
  });
  return `Kakao admin keys changed, by fingerprint: ${told.join('; ')}`;
}

function printsOf(holders: readonly KeyHolder[], app: string, sign: string): string[] {
  return holders
    .filter((holder) => holder.app === app)
    .map(({ fingerprint }) => `${sign}${fingerprint}`);
}
