import type { ShareEvent } from '../../src/events/domain-event.js';
import type { Audience, EventTransport } from '../../src/relay/event-transport.js';

/** A transport that keeps what it was given, and fails when told to. */
export class Recorder implements EventTransport {
  batchSize = 100;
  readonly told: ShareEvent[] = [];
  failures = 0;
  isBroken = false;
  audience?: Audience;
  beforeAnswer: () => Promise<void> = () => Promise.resolve();
  /** Called for each event; what it throws is thrown. */
  judge: (event: ShareEvent) => void = () => undefined;

  constructor(
    readonly name: string,
    readonly includesRoomHash = false,
  ) {}

  connect(): Promise<void> {
    return this.isBroken ? Promise.reject(new Error('the other side is down')) : Promise.resolve();
  }

  async publish(events: readonly ShareEvent[]): Promise<void> {
    if (this.isBroken) {
      this.failures++;
      throw new Error('the other side is down');
    }
    for (const event of events) this.judge(event);
    this.told.push(...events);
    await this.beforeAnswer();
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}

/** In which order a user's events were told. */
export function sequencesOf(told: readonly ShareEvent[], userId: string): number[] {
  return told.filter(({ subject }) => subject === userId).map(({ sequence }) => Number(sequence));
}

/** 1, 2, … */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
