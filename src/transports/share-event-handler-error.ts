/** Handlers of events that cannot be served. Lists every fault at once. */
export class ShareEventHandlerError extends Error {
  readonly code = 'KAKAO_SHARE_EVENT_HANDLER';
  override readonly name = 'ShareEventHandlerError';

  constructor(readonly faults: readonly string[]) {
    super(
      `Handlers of events cannot be served:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
  }
}
