import { WaitingPods } from './waitingPods.ts';

test('pods wait for their owner until it is taken', () => {
  const waiting = new WaitingPods();
  waiting.add('Job/shop/tick', 'tick-a');
  waiting.add('Job/shop/tick', 'tick-b');
  waiting.add('Job/shop/tick', 'tick-b');
  expect([...waiting.take('Job/shop/tick')]).toEqual(['tick-a', 'tick-b']);
  expect([...waiting.take('Job/shop/tick')]).toEqual([]);
});

test('the longest waiting are given up beyond fifty thousand', () => {
  const waiting = new WaitingPods();
  for (let index = 0; index <= 50_000; index += 1) {
    waiting.add(`Job/shop/tick-${index}`, 'a');
  }
  expect([...waiting.take('Job/shop/tick-0')]).toEqual([]);
  expect([...waiting.take('Job/shop/tick-1')]).toEqual(['a']);
});
