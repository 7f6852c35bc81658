import type { Random } from './random.js';

/** Nothing, and what handlers with a careless comparison let pass. None holds a part of the key, all or nothing. */
const KINDS = ['missing', 'empty', 'another', 'longer', 'other-scheme'] as const;

/** An `Authorization` that must be answered 401; `undefined` stands for no header at all. */
export function wrongAuthorization(random: Random, adminKey: string): string | undefined {
  // Drawn whatever the kind, so that the key never changes what follows in the sequence.
  const otherKey = random.text(32, '0123456789abcdef');
  switch (random.pick(KINDS)) {
    case 'missing':
      return undefined;
    case 'empty':
      return 'KakaoAK';
    case 'another':
      return `KakaoAK ${otherKey}`;
    case 'longer':
      return `KakaoAK ${adminKey}0`;
    case 'other-scheme':
      return `Bearer ${adminKey}`;
  }
}
