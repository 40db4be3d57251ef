import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { InsideAnswer, InsideCalls } from '../../../src/local-azure/inside-calls.ts';
import { emptyOutside } from '../../../src/local-azure/outside-providers.ts';

const GROUP = '/subscriptions/s/resourceGroups/g';
const AT = `${GROUP}/providers/Some.Service/things`;

test('a group takes all pages of what another server has in it, also where that is away for a moment', async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'kiln-outside-'));
  t.after(() => rmSync(stateDir, { recursive: true }));
  writeFileSync(
    join(stateDir, 'outside-providers.json'),
    JSON.stringify({ 'Some.Service': { endpoint: 'https://there', types: { things: '1' } } }),
  );
  const asked: string[] = [];
  let polls = 0;
  const answer = (status: number, body: unknown, headers = {}): Promise<InsideAnswer> =>
    Promise.resolve({ status, body, headers: new Headers(headers) } as InsideAnswer);
  const calls = {
    send(method: string, path: string) {
      asked.push(`${method} ${path}`);
      if (path.startsWith('/operations/')) {
        return ++polls === 1 ? answer(503, undefined) : answer(200, { status: polls < 3 ? 'InProgress' : 'Succeeded' });
      }
      if (method === 'DELETE')
        return answer(202, undefined, { 'Azure-AsyncOperation': 'https://here/operations/1?p=1' });
      return path.includes('page=2')
        ? answer(200, { value: [{ id: `${AT}/b` }] })
        : answer(200, { value: [{ id: `${AT}/a` }], nextLink: `https://here${AT}?api-version=1&page=2` });
    },
  } as unknown as InsideCalls;
  await emptyOutside(stateDir, calls, {} as never, GROUP);
  assert.deepEqual(
    asked.filter((one) => one.startsWith('DELETE')),
    [`DELETE ${AT}/a?api-version=1`, `DELETE ${AT}/b?api-version=1`],
  );
  assert.equal(polls, 4);
});
