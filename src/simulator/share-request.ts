import { RawJson, shareParameters } from './share.js';
import type { ParameterValue, Share } from './share.js';

/** A request in full, before it is sent: send it, print its curl line, or change it first. */
export interface PreparedRequest {
  readonly method: string;
  /** Absolute, query included; sent exactly as written. */
  readonly url: string;
  /** A list sends the header once per value. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

export interface ShareRequestOptions {
  /** The webhook URL as registered with Kakao. */
  readonly url: string;
  readonly adminKey: string;
  readonly resourceId: string;
  readonly method: 'GET' | 'POST';
  /** For POST. Kakao's sample is JSON, forms have been reported. Default `json`. */
  readonly encoding?: 'json' | 'form';
  /** For POST: another content type, or `null` for none at all. */
  readonly contentType?: string | null;
  /** For GET and forms: leave `+` as it is, so that `1+` arrives as `1 `. Default false. */
  readonly unescapedPlus?: boolean;
}

const CONTENT_TYPES = { json: 'application/json', form: 'application/x-www-form-urlencoded' };

/**
 * The webhook that Kakao sends for a share.
 * Source: Kakao Talk Share webhook, "Request" and its two samples.
 */
export function buildShareRequest(share: Share, options: ShareRequestOptions): PreparedRequest {
  const { url, method, encoding = 'json', unescapedPlus = false } = options;
  const parameters = shareParameters(share);
  const headers = {
    Authorization: `KakaoAK ${options.adminKey}`,
    'X-Kakao-Resource-ID': options.resourceId,
    'User-Agent': 'KakaoOpenAPI/1.0',
  };
  if (method === 'GET') {
    const query = formText(parameters, unescapedPlus);
    return { method, url: `${url}${url.includes('?') ? '&' : '?'}${query}`, headers };
  }
  const body = encoding === 'json' ? jsonText(parameters) : formText(parameters, unescapedPlus);
  const contentType =
    options.contentType === undefined ? CONTENT_TYPES[encoding] : options.contentType;
  if (contentType === null) return { method, url, headers, body };
  return { method, url, headers: { ...headers, 'Content-Type': contentType }, body };
}

/** The same request with one header put another way; `undefined` leaves the header out. */
export function withHeader(
  request: PreparedRequest,
  name: string,
  value: string | readonly string[] | undefined,
): PreparedRequest {
  const others = Object.entries(request.headers).filter(
    ([other]) => other.toLowerCase() !== name.toLowerCase(),
  );
  return {
    ...request,
    headers: { ...Object.fromEntries(others), ...(value === undefined ? {} : { [name]: value }) },
  };
}

/** Written by hand, one parameter per line as in Kakao's sample: `JSON.stringify` would round raw numbers. */
function jsonText(parameters: [string, ParameterValue][]): string {
  const lines = parameters.map(
    ([name, value]) =>
      `${JSON.stringify(name)}:${value instanceof RawJson ? value.text : JSON.stringify(value)}`,
  );
  return `{\n${lines.join(',\n')}\n}`;
}

function formText(parameters: [string, ParameterValue][], unescapedPlus: boolean): string {
  const pairs = parameters.map(([name, value]): [string, string] => [name, plainText(value)]);
  const text = new URLSearchParams(pairs).toString();
  return unescapedPlus ? text.replaceAll('%2B', '+') : text;
}

function plainText(value: ParameterValue): string {
  if (value === null) return '';
  return value instanceof RawJson ? value.text : String(value);
}
