/** A page that listens, over `fetch` as a browser's would. */
export interface Listener {
  readonly response: Response;
  /** The next event: its data, `'comment'` for a heartbeat, undefined at the end of the stream. */
  next(): Promise<unknown>;
  /** Leaves, as a page that is closed does. */
  leave(): Promise<void>;
}

export async function listen(
  url: string,
  token: string,
  headers: Record<string, string> = {},
): Promise<Listener> {
  const response = await fetch(`${url}/share-status`, {
    headers: { 'X-Share-Intent': token, Accept: 'text/event-stream', ...headers },
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    response,
    async next() {
      while (!text.includes('\n\n')) {
        const chunk = await reader?.read();
        if (chunk?.value === undefined) return undefined;
        text += chunk.value;
      }
      const [event = ''] = text.split('\n\n', 1);
      text = text.slice(event.length + 2);
      const data = /^event: status\ndata: (.*)$/.exec(event)?.[1];
      return data === undefined ? 'comment' : (JSON.parse(data) as unknown);
    },
    async leave() {
      await reader?.cancel();
    },
  };
}
