/** Numbers of gallery versions, by the examples that Image Builder's documentation gives. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { nextVersion, versionFromSource } from '../../src/activities/version-numbers.ts';

const THERE = ['0.1.1', '0.1.2', '1.0.0', '1.0.1', '1.1.0', '1.1.1', '1.2.0', '2.0.0', '2.0.1', '2.1.0'];

it('the scheme Latest raises the patch of the highest version, of all or of a major', () => {
  assert.deepEqual(
    [undefined, 2, 1, 0, 7].map((major) => nextVersion(THERE.toReversed(), major)),
    ['2.1.1', '2.1.1', '1.2.1', '0.1.3', '7.0.0'],
  );
  assert.deepEqual([nextVersion([]), nextVersion(['1.9.0', '1.10.0'])], ['1.0.0', '1.10.1']);
});

it('the scheme Source has the number of the source, in the form that a gallery takes', () => {
  assert.deepEqual(['18.04.202401161', '10.0.17763.5936', '1.2.3', '1.2', 'x.y.z', undefined].map(versionFromSource), [
    '18.4.202401161',
    '10.17763.5936',
    '1.2.3',
    undefined,
    undefined,
    undefined,
  ]);
});
