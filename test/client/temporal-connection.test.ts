import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { it } from 'node:test';
import { Connection, isGrpcDeadlineError } from '@temporalio/client';
import { withDeadlines } from '../../src/client/temporal-connection.ts';

it('a call to Temporal ends, also where its port is held by a program that says nothing', async () => {
  const sockets: Socket[] = [];
  const mute = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const address = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
  const connection = Connection.lazy(withDeadlines({ address }, 300));
  try {
    const taken = once(mute, 'connection');
    await assert.rejects(connection.workflowService.listNamespaces({}), isGrpcDeadlineError);
    await taken;
  } finally {
    await connection.close();
    for (const socket of sockets) socket.destroy();
    mute.close();
  }
});
