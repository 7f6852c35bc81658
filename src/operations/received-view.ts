import type { Queryable } from '../database/database.js';

/** Bytes as text where they are UTF-8, otherwise in base64; null where there is nothing, or it was erased. */
export interface BytesView {
  readonly text: string | null;
  readonly base64: string | null;
}

/** What was received, byte for byte. It tells of a person. */
export interface ReceivedView {
  readonly method: string;
  /** The chosen headers; never `Authorization`. */
  readonly headers: Readonly<Record<string, string>> | null;
  readonly query: BytesView;
  readonly body: BytesView;
  /** Its user was erased, and with the user what was received. */
  readonly erased: boolean;
  /** What the door could not understand. */
  readonly problems: readonly { readonly field: string; readonly problem: string }[];
}

interface ReceivedRow {
  method: string;
  headers: Record<string, string> | null;
  query: Buffer | null;
  body: Buffer | null;
  problems: ReceivedView['problems'] | null;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export async function readReceivedView(
  database: Queryable,
  id: string,
): Promise<ReceivedView | undefined> {
  const [row] = await database.query<ReceivedRow>(
    'SELECT method, headers, query, body, problems FROM kakao_share.deliveries WHERE id = $1',
    [id],
  );
  if (row === undefined) return undefined;
  const { method, headers, query, body, problems } = row;
  return {
    ...{ method, headers, query: showBytes(query), body: showBytes(body) },
    erased: query === null,
    problems: problems ?? [],
  };
}

function showBytes(bytes: Buffer | null): BytesView {
  if (bytes === null || bytes.length === 0) return { text: null, base64: null };
  try {
    return { text: utf8.decode(bytes), base64: null };
  } catch {
    return { text: null, base64: bytes.toString('base64') };
  }
}
