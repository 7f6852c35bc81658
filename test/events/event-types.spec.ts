import type { EventData, NewEvent, ShareEvent } from '../../src/events/domain-event.js';

const told = { app: 'default', transferId: 'one', amount: 30, unit: 'point', balanceAfter: 70 };
const head = { app: 'default', userRef: undefined, occurredAt: new Date(0) };

// What the compiler refuses stands under `@ts-expect-error`: where it did not refuse, `npm run check` fails.

test('an event is emitted with the data of its type, and no other', () => {
  const redeemed: NewEvent = { ...head, type: 'points.redeemed', data: told };
  // @ts-expect-error: a field that the catalogue does not have
  const more: NewEvent = { ...head, type: 'points.redeemed', data: { ...told, note: 'x' } };
  // @ts-expect-error: an amount that is no number
  const other: NewEvent = { ...head, type: 'points.redeemed', data: { ...told, amount: '30' } };
  // @ts-expect-error: what belongs to another type is missing
  const less: NewEvent = { ...head, type: 'points.adjusted', data: told };
  expect([redeemed, more, other, less]).toHaveLength(4);
});

test('the room is never written down with an event', () => {
  const share = { deliveryId: 'one', app: 'default', verdict: 'rewarded' };
  const recorded: NewEvent = { ...head, type: 'kakao.share.recorded', data: share };
  const room: NewEvent = {
    ...head,
    type: 'kakao.share.recorded',
    // @ts-expect-error: it is told from the share itself
    data: { ...share, roomHash: 'hash' },
  };
  expect([recorded, room]).toHaveLength(2);
});

test('who knows the type of an event knows its data', () => {
  const amountOf = (event: ShareEvent): number =>
    event.type === 'points.redeemed' ? event.data.amount : 0;
  // @ts-expect-error: not every event has an amount
  const amountOfAny = (event: ShareEvent): unknown => event.data.amount;
  const data: EventData<'points.redeemed'> = told;
  const event: ShareEvent<'points.redeemed'> = {
    specversion: '1.0',
    id: 'one',
    source: '/kakao-share/default',
    type: 'points.redeemed',
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    dataschema: 'tag:nestjs-kakao-share,2026:events/points.redeemed/v1',
    data,
  };
  expect([amountOf(event), amountOfAny(event)]).toEqual([30, 30]);
});
