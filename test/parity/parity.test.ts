import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { differences } from './compare.ts';
import { readRecordings, RECORDINGS } from './recordings.ts';
import { replay } from './replay.ts';
import { reasonFor, reasonNotPlayed } from './reasons.ts';
import { readTranscript } from './transcribed.ts';
import { readTable, summarize, verdictOf, worsened, type Row } from './table.ts';

const kept = new Set(['azure-asyncoperation', 'retry-after', 'x-ms-ratelimit-remaining-resource']);
const answer = (status: number, body: object, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: body as never,
});

test('what is of the moment does not count as a difference, all else does', () => {
  const url = (host: string, id: string, query: string) =>
    `https://${host}/subscriptions/${id}/providers/Microsoft.Compute/locations/westus/operations/${id}?${query}`;
  const one = '11111111-2222-3333-4444-555555555555';
  const other = '99999999-8888-7777-6666-555555555555';
  const recorded = answer(
    201,
    { id: `/subscriptions/${one}/x`, time: '2023-01-11T06:35:35.9285158+00:00', sku: 'Basic', gone: 1, list: [1, 2] },
    { 'azure-asyncoperation': url('a', one, 'api-version=1'), 'retry-after': '10' },
  );
  const moment = answer(
    201,
    { id: `/subscriptions/${other}/x`, time: '2026-11-24T04:00:00.1+00:00', sku: 'Basic', gone: 1, list: [1, 2] },
    { 'azure-asyncoperation': url('b', other, 'p=1&api-version=2&t=3'), 'retry-after': '35' },
  );
  assert.deepEqual(differences(recorded, moment, kept), []);
  const wrong = answer(
    201,
    { id: `/subscriptions/${other}/x`, time: '2026-11-24T04:00:00.1Z', sku: 'Standard', list: [1], more: true },
    { 'azure-asyncoperation': url('b', other, 'monitor=true') },
  );
  assert.deepEqual(differences(recorded, wrong, kept).toSorted(), [
    '.gone missing',
    '.list[]: 1 instead of 2',
    '.more not expected',
    '.sku: "Standard" instead of "Basic"',
    '.time: "{time}Z" instead of "{time}+00:00"',
    'header azure-asyncoperation: /subscriptions/{id}/providers/Microsoft.Compute/locations/westus/operations/{guid}?monitor ' +
      'instead of /subscriptions/{id}/providers/Microsoft.Compute/locations/westus/operations/{guid}?api-version',
    'header retry-after missing',
  ]);
  assert.deepEqual(differences(recorded, answer(404, { error: { code: 'NotFound' } }), kept), [
    'status 404 NotFound instead of 201',
  ]);
});

test('bodies written as Python writes bytes are read, and a group that goes by two names is one', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'recordings-'));
  t.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'recorder'));
  const disk = (group: string) => `/subscriptions/s/resourceGroups/${group}/providers/Microsoft.Compute/disks/one`;
  const body = `b'b\\'{"name": "it\\\\\\'s"}\\''`;
  const interaction = {
    request: { method: 'PUT', uri: `https://management.azure.com${disk('rgname')}?api-version=2020-06-30`, body },
    response: {
      body: { string: JSON.stringify({ id: disk('OWN-NAME'), managedBy: disk('own-name') }) },
      headers: {},
      status: { code: 202 },
    },
  };
  await writeFile(join(root, 'recorder', 'one.yaml'), JSON.stringify({ interactions: [interaction] }));
  const [recording] = readRecordings(root);
  const [exchange] = recording?.exchanges ?? [];
  assert.deepEqual(exchange?.requestBody, { name: "it's" });
  assert.deepEqual(exchange?.body, { id: disk('RGNAME'), managedBy: disk('rgname') });
});

test('what was written down by hand has whole addresses again, and what was left out is no difference', () => {
  const [subscription, begun] = ['00000000-1111-2222-3333-444444444444', '13e92c90-5163-412f-b8e6-f05a6951d4dd'];
  const machine = `/subscriptions/${subscription}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm`;
  const operations = `https://management.azure.com/subscriptions/{sub}/providers/Microsoft.Compute/locations/westus/operations`;
  const exchanges = readTranscript({
    entries: [
      {
        request: { method: 'PUT', path: `${machine}/runCommands/one`, 'api-version': '2022-03-01' },
        response: {
          status: 201,
          headers: { 'Azure-AsyncOperation': `${operations}/${begun}?p=1&api-version=2022-03-01`, 'retry-after': '9' },
          body: { id: '/subscriptions/{sub}/one' },
        },
      },
      { request: { method: 'GET', path: 'operations/13e92c90-...' }, response: { status: 200 } },
      {
        request: { method: 'PATCH', path: 'runCommands/one' },
        response: {
          status: 200,
          headers: { location: '(operations/77171601-...?p=..&monitor=true)' },
          body_excerpt: { provisioningState: 'Updating' },
        },
      },
      { request: { method: 'GET', path: 'runCommands?$top=1' }, response: { status: 200, body: { value: [] } } },
    ],
  });
  const host = 'https://management.azure.com';
  const version = 'api-version=2022-03-01';
  const [put, poll, patch, list] = exchanges;
  assert.deepEqual(
    exchanges.map(({ url }) => url),
    [
      `${host}${machine}/runCommands/one?${version}`,
      `${operations.replace('{sub}', subscription)}/${begun}?${version}`,
      `${host}${machine}/runCommands/one?${version}`,
      `${host}${machine}/runCommands?$top=1&${version}`,
    ],
  );
  assert.deepEqual(put?.body, { id: `/subscriptions/${subscription}/one` });
  assert.equal(put?.headers['azure-asyncoperation'], poll?.url);
  assert.match(
    patch?.headers['location'] ?? '',
    /\/operations\/77171601-0{4}-0{4}-0{4}-0{12}\?monitor=true&api-version=/,
  );
  assert.deepEqual(patch?.body, { properties: { provisioningState: 'Updating' } });
  const counts = (exchange: (typeof exchanges)[number] | undefined, difference: string) =>
    exchange?.leftOut?.test(difference) !== true;
  assert.ok(!counts(list, '.id not expected') && !counts(list, 'header retry-after not expected'));
  assert.ok(counts(list, '.value[].x not expected') && counts(list, 'body not expected'));
  assert.ok(!counts(patch, '.properties.x not expected') && counts(patch, '.properties.x missing'));
});

test('an operation that fares worse than before is named, one that fares better is not', () => {
  const row = (operation: string, same: number, differs: string[]): Row => ({
    operation,
    exchanges: 3,
    same,
    differences: differs,
  });
  const before = [row('A', 3, []), row('B', 2, ['x']), row('C', 0, ['not implemented']), row('D', 1, ['x'])];
  const now = [row('A', 2, ['y']), row('B', 1, ['x']), row('C', 1, ['z']), row('D', 2, ['x'])];
  assert.deepEqual(
    worsened(before, now).map((line) => line.split(':')[0]),
    ['A', 'B'],
  );
});

test(
  'the local Azure answers what was recorded at least as well as docs/parity.md says',
  { timeout: 300_000 },
  async (t) => {
    const recordings = readRecordings();
    if (recordings.length === 0) {
      t.skip(`there are no recordings in ${RECORDINGS}`);
      return;
    }
    const compared = [];
    for (const recording of recordings) {
      compared.push(...(await replay(recording)));
    }
    const now = summarize(compared);
    assert.deepEqual(worsened(readTable(), now), []);
    const unexplained = now.flatMap((row) =>
      verdictOf(row) === 'not implemented'
        ? reasonNotPlayed(row.operation) === undefined
          ? [row.operation]
          : []
        : row.differences
            .filter((one) => reasonFor(one, row.operation) === undefined)
            .map((one) => `${row.operation}: ${one}`),
    );
    assert.deepEqual(unexplained, [], 'each difference that is left has its reason');
    const better = now.filter(({ operation, same }) =>
      readTable().some((row) => row.operation === operation && row.same < same),
    );
    if (better.length > 0) {
      t.diagnostic(
        `better than docs/parity.md says (npm run parity writes it anew): ${better.map((row) => row.operation).join(', ')}`,
      );
    }
  },
);
