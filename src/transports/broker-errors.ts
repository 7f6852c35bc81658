import { DestinationUnavailableError } from '../relay/event-transport.js';

/** The other side cannot be reached, or does not let us in. The events stay in the outbox. */
export class DestinationUnreachableError extends DestinationUnavailableError {
  readonly code = 'KAKAO_SHARE_DESTINATION_UNREACHABLE';
  override readonly name = 'DestinationUnreachableError';

  /** @param remedy what to look at, e.g. the setting with the address */
  constructor(transport: string, reason: unknown, remedy: string) {
    super(`${transport} cannot be reached (${reasonOf(reason)}): ${remedy}.`);
  }
}

/** It is not known that the other side has all events of a call, so all of them come again. */
export class EventsNotConfirmedError extends Error {
  readonly code = 'KAKAO_SHARE_EVENTS_NOT_CONFIRMED';
  override readonly name = 'EventsNotConfirmedError';

  constructor(transport: string, reason: unknown) {
    super(`${transport} did not confirm an event (${reasonOf(reason)}): it comes again.`);
  }
}

/** An option of a transport that cannot be used, or is missing. Told without its value, which may be a secret. */
export class TransportOptionsError extends Error {
  readonly code = 'KAKAO_SHARE_TRANSPORT_OPTIONS';
  override readonly name = 'TransportOptionsError';
}

/** Several addresses of one name fail together and say nothing themselves, so theirs are told. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '')
    return [...new Set(error.errors.map(reasonOf))].join('; ');
  return error instanceof Error ? error.message : String(error);
}
