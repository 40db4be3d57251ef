import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';

interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  ports?: string[];
  volumes?: string[];
}

const { services, volumes } = parse(
  readFileSync(new URL('../docker-compose.temporal.yml', import.meta.url), 'utf8'),
) as { services: Record<string, Service>; volumes: Record<string, unknown> };

const service = (name: string): Service => {
  const found = services[name];
  assert.ok(found, `no service ${name}`);
  return found;
};

/** Variables without which an image's own start-up ends with an error. */
const NEEDED: Record<string, string[]> = {
  postgresql: ['POSTGRES_USER', 'POSTGRES_PASSWORD'],
  schema: ['SQL_PLUGIN', 'SQL_HOST', 'SQL_PORT', 'SQL_USER', 'SQL_PASSWORD'],
  temporal: ['DB', 'DB_PORT', 'POSTGRES_SEEDS', 'POSTGRES_USER', 'POSTGRES_PWD', 'BIND_ON_IP'],
  namespace: ['TEMPORAL_ADDRESS'],
  ui: ['TEMPORAL_ADDRESS'],
};

describe('docker-compose.temporal.yml', () => {
  it('holds the services, each with what its image needs to start', () => {
    assert.deepEqual(Object.keys(services).toSorted(), Object.keys(NEEDED).toSorted());
    for (const [name, needed] of Object.entries(NEEDED)) {
      assert.deepEqual(Object.keys(service(name).environment ?? {}).toSorted(), needed.toSorted(), name);
    }
  });

  it('starts each after what it stands on is ready, not merely started', () => {
    const after = (name: string): unknown => service(name).depends_on;
    assert.deepEqual(after('schema'), { postgresql: { condition: 'service_healthy' } });
    assert.deepEqual(after('temporal'), { schema: { condition: 'service_completed_successfully' } });
    assert.deepEqual(after('namespace'), { temporal: { condition: 'service_healthy' } });
    assert.deepEqual(after('ui'), { temporal: { condition: 'service_healthy' } });
    for (const [name, { depends_on: needs = {} }] of Object.entries(services)) {
      for (const [other, { condition }] of Object.entries(needs)) {
        if (condition === 'service_healthy')
          assert.ok(service(other).healthcheck, `${name} waits for ${other}'s health`);
      }
    }
  });

  it('sets up both schemas with the tools of the version that the server has', () => {
    const version = (name: string): string => service(name).image.replace(/^.*:/, '');
    assert.equal(version('schema'), version('temporal'));
    assert.equal(version('namespace'), version('temporal'));
    assert.match(service('temporal').image, /^temporalio\/server:\d+\.\d+\.\d+$/);
    const script = service('schema').command?.join('\n') ?? '';
    for (const [db, schema] of [
      ['temporal', 'temporal'],
      ['temporal_visibility', 'visibility'],
    ]) {
      const steps = [
        `--db ${db} create`,
        `--db ${db} setup-schema -v 0.0`,
        `--db ${db} update-schema --schema-name postgresql/v12/${schema}`,
      ];
      const places = steps.map((step) => script.indexOf(step));
      assert.ok(
        places.every((place) => place >= 0),
        `${db}: ${script}`,
      );
      assert.deepEqual(
        places.toSorted((left, right) => left - right),
        places,
      );
    }
  });

  it('names one database, user and password on both sides', () => {
    const { environment: database = {} } = service('postgresql');
    const { environment: schema = {} } = service('schema');
    const { environment: server = {} } = service('temporal');
    assert.deepEqual([schema['SQL_HOST'], server['POSTGRES_SEEDS']], ['postgresql', 'postgresql']);
    assert.deepEqual(
      [schema['SQL_USER'], server['POSTGRES_USER']],
      [database['POSTGRES_USER'], database['POSTGRES_USER']],
    );
    assert.deepEqual(
      [schema['SQL_PASSWORD'], server['POSTGRES_PWD']],
      [database['POSTGRES_PASSWORD'], database['POSTGRES_PASSWORD']],
    );
    assert.deepEqual([schema['SQL_PLUGIN'], server['DB']], ['postgres12', 'postgres12']);
  });

  it('keeps its data in a volume and opens its ports to this host only', () => {
    assert.deepEqual(service('postgresql').volumes, ['postgresql:/var/lib/postgresql/data']);
    assert.ok('postgresql' in volumes);
    assert.deepEqual(service('temporal').ports, ['127.0.0.1:7233:7233']);
    assert.deepEqual(service('ui').ports, ['127.0.0.1:8080:8080']);
  });
});
