import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { ObjectStore, StoredEvent } from './objectStore.ts';
import { RESOURCES } from './resources.ts';
import type { Selection } from './selection.ts';
import { sendWatch } from './watches.ts';

test('a watch whose time is over hears of nothing any more, however slowly its end is read', async () => {
  const listeners = new Set<(event: StoredEvent) => void>();
  const store = {
    resourceVersion: 7,
    eventsAfter: () => [],
    watch(_resource: string, listener: (event: StoredEvent) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as ObjectStore;
  const selection = {
    resource: RESOURCES.pods,
    form: 'full',
    search: new URLSearchParams('resourceVersion=5&timeoutSeconds=0'),
  } as unknown as Selection;
  const server = createServer((_request, response) => sendWatch(response, store, selection)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  try {
    reader.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    const [, response] = (await once(server, 'request')) as [unknown, { writableEnded: boolean }];
    while (!response.writableEnded) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(listeners.size).toBe(0);
  } finally {
    reader.destroy();
    server.close();
  }
});
