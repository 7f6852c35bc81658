/** Where the webhook is. */
export const DOOR = '/webhooks/kakao/share';

/** What a sender knows. */
export interface Sender {
  readonly adminKey: string;
  /** In force still, beside the newer one. */
  readonly oldAdminKey: string;
  /** No longer in force. */
  readonly goneAdminKey: string;
  readonly adminToken: string;
  /** Of a caller who may only look. */
  readonly readerToken: string;
  /** A resource id and user of its own. */
  readonly id: string;
}

/** A request as it goes over the wire; what is not said is as Kakao would say it. */
export interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /** By name; undefined leaves one out, several are several lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Lines as they are. */
  readonly lines?: readonly string[];
  readonly body?: string | Buffer;
}

/** A POST of JSON with Kakao's headers, unless the request says otherwise. */
export function write(request: RawRequest, { adminKey, id }: Sender): Buffer {
  const { method = 'POST', target = DOOR, version = 'HTTP/1.1', body, lines = [] } = request;
  const hasBody = body !== undefined;
  const headers: RawRequest['headers'] = {
    Host: 'test',
    Connection: 'close',
    Authorization: `KakaoAK ${adminKey}`,
    'X-Kakao-Resource-ID': id,
    'User-Agent': 'KakaoOpenAPI/1.0',
    'Content-Type': hasBody ? 'application/json' : undefined,
    'Content-Length': hasBody ? `${Buffer.byteLength(body)}` : undefined,
    ...request.headers,
  };
  const written = Object.entries(headers).flatMap(([name, value]) =>
    (value === undefined ? [] : [value].flat()).map((each) => `${name}: ${each}`),
  );
  const head = [`${method} ${target} ${version}`, ...written, ...lines, '', ''].join('\r\n');
  return Buffer.concat([
    Buffer.from(head, 'latin1'),
    typeof body === 'string' ? Buffer.from(body) : (body ?? Buffer.alloc(0)),
  ]);
}

/** A share that is paid, of a user who is nobody else's: with more members, or with other ones. */
export function shareJson({ id }: Sender, members = '', user = JSON.stringify(id)): string {
  const more = members === '' ? '' : `,${members}`;
  return `{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room of ${id}","user_id":${user}${more}}`;
}

/** The same as a form or a query. */
export function shareForm({ id }: Sender, more = '', user = id): string {
  return `CHAT_TYPE=DirectChat&HASH_CHAT_ID=room+of+${id}&user_id=${user}${more}`;
}
