/** `npm run parity`: replays what was recorded and writes docs/parity.md anew. Where there are no recordings it says so. */
import { readRecordings, RECORDINGS } from './recordings.ts';
import { replay } from './replay.ts';
import { summarize, writeTable } from './table.ts';

const recordings = readRecordings();
if (recordings.length === 0) {
  process.stderr.write(`there are no recordings in ${RECORDINGS}\n`);
  process.exit(1);
}
const compared = [];
for (const recording of recordings) compared.push(...(await replay(recording)));
const rows = summarize(compared);
writeTable(rows);
const same = rows.reduce((sum, row) => sum + row.same, 0);
process.stdout.write(`${compared.length} exchanges of ${rows.length} operations: ${same} are the same\n`);
