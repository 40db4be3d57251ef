/** Resources on node:sqlite, found by their lower-cased id. Everything is written through; there is no cache to lose. */
import type { DatabaseSync } from 'node:sqlite';
import type { JsonObject, ResourceStore, StoredResource } from './core.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS resources (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    id TEXT NOT NULL,
    type TEXT NOT NULL COLLATE NOCASE,
    body TEXT NOT NULL,
    hidden TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS resources_by_type ON resources (type, seq);
`;

/** Deleted ids that are remembered at most. */
const REMEMBERED = 10_000;

interface Row {
  id: string;
  type: string;
  body: string;
  hidden: string;
}

export function createStore(database: DatabaseSync): ResourceStore {
  database.exec(SCHEMA);
  const columns = 'id, type, body, hidden';
  // `under` is matched as the range from "prefix/" up to "prefix0": '0' follows '/' in ASCII, so no LIKE and no escaping.
  const within = 'key >= ? AND key < ?';
  const select = database.prepare(`SELECT ${columns} FROM resources WHERE key = ?`);
  const selectAll = database.prepare(`SELECT ${columns} FROM resources ORDER BY seq`);
  const selectType = database.prepare(`SELECT ${columns} FROM resources WHERE type = ? ORDER BY seq`);
  const selectUnder = database.prepare(`SELECT ${columns} FROM resources WHERE ${within} ORDER BY seq`);
  const selectBoth = database.prepare(`SELECT ${columns} FROM resources WHERE type = ? AND ${within} ORDER BY seq`);
  // The first write's casing of the id and its place in the order of creation are kept.
  const upsert = database.prepare(
    `INSERT INTO resources (key, id, type, body, hidden) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET body = excluded.body, hidden = excluded.hidden`,
  );
  const remove = database.prepare('DELETE FROM resources WHERE key = ?');
  let depth = 0;
  const deleted = new Set<string>();

  return {
    get(id) {
      const row = select.get(id.toLowerCase());
      return row === undefined ? undefined : read(row as unknown as Row);
    },
    put({ id, type, body, hidden }) {
      upsert.run(id.toLowerCase(), id, type, JSON.stringify(body), JSON.stringify(hidden));
    },
    wasDeleted: (id) => deleted.has(id.toLowerCase()),
    delete(id) {
      if (deleted.size > REMEMBERED) deleted.clear();
      deleted.add(id.toLowerCase());
      remove.run(id.toLowerCase());
    },
    list({ type, under }) {
      const prefix = under?.toLowerCase().replace(/\/$/, '');
      const range = prefix === undefined ? [] : [`${prefix}/`, `${prefix}0`];
      const rows =
        type === undefined
          ? prefix === undefined
            ? selectAll.all()
            : selectUnder.all(...range)
          : prefix === undefined
            ? selectType.all(type)
            : selectBoth.all(type, ...range);
      return rows.map((row) => read(row as unknown as Row));
    },
    transaction(work) {
      if (depth > 0) {
        return work();
      }
      database.exec('BEGIN IMMEDIATE');
      depth += 1;
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      } finally {
        depth -= 1;
      }
    },
  };
}

function read(row: Row): StoredResource {
  return {
    id: row.id,
    type: row.type,
    body: JSON.parse(row.body) as JsonObject,
    hidden: JSON.parse(row.hidden) as JsonObject,
  };
}
