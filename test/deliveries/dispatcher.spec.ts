import { Logger } from '@nestjs/common';
import { Dispatcher } from '../../src/deliveries/dispatcher.js';
import { QueueStore } from '../../src/queue/queue-store.js';
import { SettlementQueue } from '../../src/queue/settlement-queue.js';

/** Takes jobs down, the first of them only when it is let. */
class SlowQueue extends SettlementQueue {
  readonly asked: string[] = [];
  letGo: () => void = () => undefined;
  readonly #let = new Promise<void>((resolve) => (this.letGo = resolve));

  override async add(groups: readonly (readonly string[])[]): Promise<void> {
    this.asked.push(...groups.flat());
    await this.#let;
  }
}

test('what comes beyond the bound while jobs are being added is left to the sweeper, and what comes afterwards is asked for again', async () => {
  // Never opened.
  const queue = new SlowQueue(new QueueStore({ redis: {} }));
  const dispatcher = new Dispatcher(queue, new Logger(), 3);
  dispatcher.dispatch(['under way']);
  dispatcher.dispatch(['a', 'b']);
  // Whole or not at all: the deliveries of one commit.
  dispatcher.dispatch(['beyond', 'too']);
  dispatcher.dispatch(['c']);
  dispatcher.dispatch(['full']);
  expect(queue.asked).toEqual(['under way']);
  queue.letGo();
  await dispatcher.drain(60_000);
  expect(queue.asked).toEqual(['under way', 'a', 'b', 'c']);
  dispatcher.dispatch(['after']);
  await dispatcher.drain(60_000);
  expect(queue.asked).toEqual(['under way', 'a', 'b', 'c', 'after']);
});
