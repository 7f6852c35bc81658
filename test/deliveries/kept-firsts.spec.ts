import { KeptFirsts } from '../../src/deliveries/kept-firsts.js';
import { givenDelivery } from './given-delivery.js';

test('a repeat has the id of the first, one of another app or without a resource id its own', () => {
  const firsts = new KeptFirsts();
  const first = givenDelivery('tap');
  expect(firsts.idFor(first)).toBe(first.id);
  expect(firsts.idFor(givenDelivery('tap'))).toBe(first.id);
  for (const other of [
    givenDelivery('another tap'),
    givenDelivery('tap', { app: 'shop' }),
    givenDelivery(undefined),
    givenDelivery(undefined),
  ]) {
    expect(firsts.idFor(other)).toBe(other.id);
  }
});

test('no more than so many are remembered, the latest of them', () => {
  const firsts = new KeptFirsts(2);
  const given = ['1', '2', '3'].map((id) => givenDelivery(id));
  for (const each of given) firsts.idFor(each);
  expect(firsts.idFor(givenDelivery('3'))).toBe(given[2]?.id);
  expect(firsts.idFor(givenDelivery('2'))).toBe(given[1]?.id);
  const again = givenDelivery('1');
  expect(firsts.idFor(again)).toBe(again.id);
});
