/** What a published model does not allow, the local Azure refuses: each thing, in each type, in that service's words. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { apiVersionsOf, describeTypes } from '../../src/local-azure/api-versions/index.ts';
import { ArmError, LOCAL_SUBSCRIPTION } from '../../src/local-azure/core.ts';
import { ACTIONS, fitAction, fitBody, SHAPES } from '../../src/local-azure/shapes/index.ts';
import type { ObjectShape, Shape } from '../../src/local-azure/shapes/shape.ts';
import { startTestAzure, type TestAzure } from '../local-azure/support.ts';
import { ACTION_BODIES, BODIES } from './bodies.ts';
import { checkBody } from './check-body.ts';
import { type Model, readModels } from './models.ts';
import { type Mutation, mutationsOf } from './mutations.ts';

const models = readModels();

/** What may be anything, though the models say more of it. Each with its reason. */
const ANYTHING: Array<[path: RegExp, reason: string]> = [
  [
    /\.(networkSecurityGroup|routeTable|natGateway|subnet|publicIPAddress|privateLinkService|servicePublicIPAddress|linkedPublicIPAddress|(serviceEndpointPolicies|applicationGatewayIPConfigurations|virtualNetworkTaps|applicationGatewayBackendAddressPools|loadBalancerBackendAddressPools|loadBalancerInboundNatRules|\w*pplicationSecurityGroups)\[\])\.(properties|sku|extendedLocation)$/,
    'of another resource only the id is read',
  ],
];

/** What Azure takes though its models do not. Each with its reason. */
const TAKEN: Array<[told: RegExp, reason: string]> = [
  [/^choice .*\.vmSize$/, 'there are many more, and a size that is none has a refusal of its own'],
  [/^choice .*\.(networkApiVersion|diskApiVersion)$/, 'as many as there are versions'],
  [/^choice signed(Services|ResourceTypes|Permission)$/, 'letters of these, in any number'],
  [/^missing properties\.storageProfile\.osDisk\.(osType|osState)$/, 'recorded: taken over from what the disk is of'],
  [/^missing location$/, 'said later, in other words: LocationRequired'],
  [/^(missing|type|unknown) (etag|kind)/, 'no service looks at it'],
];

const CODES: Record<string, Partial<Record<Mutation['why'], string>>> = {
  'microsoft.compute': {
    type: 'BadRequest',
    unknown: 'BadRequest',
    choice: 'InvalidParameter',
    range: 'InvalidParameter',
    missing: 'InvalidParameter',
  },
  'microsoft.network': {
    type: 'InvalidRequestFormat',
    unknown: 'InvalidRequestFormat',
    choice: 'InvalidRequestFormat',
    range: 'InvalidRequestFormat',
    missing: 'InvalidRequestFormat',
  },
  'microsoft.storage': {
    type: 'RequestIsNotValidJson',
    unknown: 'InvalidRequestContent',
    choice: 'InvalidValuesForRequestParameters',
    range: 'InvalidValuesForRequestParameters',
    missing: 'InvalidValuesForRequestParameters',
  },
  'microsoft.managedidentity': {
    type: 'BadRequest',
    unknown: 'BadRequest',
    choice: 'BadRequest',
    missing: 'BadRequest',
  },
  'microsoft.authorization': {
    type: 'BadRequestFormat',
    unknown: 'BadRequestFormat',
    choice: 'BadRequestFormat',
    missing: 'BadRequestFormat',
  },
  'microsoft.resources': {
    type: 'InvalidRequestContent',
    unknown: 'InvalidRequestContent',
    choice: 'InvalidRequestContent',
    missing: 'InvalidRequestContent',
  },
};

/** Where the shape takes anything. */
function anythingIn(shape: Shape, path = ''): string[] {
  if (shape.is === 'any') return [path];
  if (shape.is === 'list') return anythingIn(shape.of, `${path}[]`);
  if (shape.is === 'map') return anythingIn(shape.of, `${path}{}`);
  if (shape.is !== 'object') return [];
  return Object.entries(shape.properties).flatMap(([name, of]) =>
    anythingIn(of, path === '' ? name : `${path}.${name}`),
  );
}

function stopsOf(shape: ObjectShape): (path: string) => boolean {
  const anything = new Set(anythingIn(shape));
  return (path) => anything.has(path) && ANYTHING.some(([pattern]) => pattern.test(path));
}

const isTaken = ({ why, path }: Mutation): boolean => TAKEN.some(([pattern]) => pattern.test(`${why} ${path}`));

interface Told {
  code: string;
  message: string;
  target?: string | undefined;
  details?: Array<{ message: string }> | undefined;
}

/** Empty where it is refused as the service refuses it, and named. */
function judge(type: string, { why, path }: Mutation, refused: Told | undefined, isAction: boolean): string[] {
  if (refused === undefined) return [`${why} ${path}: is taken`];
  const namespace = type.split('/')[0] ?? '';
  const read = (why === 'type' || why === 'unknown') && !isAction && !/^properties\b/.test(path);
  const code = read ? 'InvalidRequestContent' : CODES[namespace]?.[why];
  if (refused.code !== code) return [`${why} ${path}: ${refused.code} instead of ${code}`];
  // Which member it is this service never says.
  if (code === 'BadRequestFormat') return [];
  const told = [refused.target, refused.message, ...(refused.details ?? []).map(({ message }) => message)].join(' ');
  const names = path.split('.').map((part) => part.replaceAll(/\[\d+\]/g, ''));
  // Microsoft.Storage names the outermost one, Microsoft.ManagedIdentity one by another name.
  const name = code === 'InvalidValuesForRequestParameters' ? names.find((one) => one !== 'properties') : names.at(-1);
  const spoken = name === 'audiences' ? 'audience' : (name ?? '');
  return told.includes(spoken) ? [] : [`${why} ${path}: not named in ${told}`];
}

function refusalOf(work: () => unknown): Told | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ArmError, String(error));
    assert.equal(error.status, 400);
    return error;
  }
}

describe('a body that breaks its model', { skip: models === undefined ? 'no models here' : false }, () => {
  let count = 0;
  const check = (type: string, of: Model[], valid: BodyOf): void => {
    for (const model of of) {
      // The small bodies are good ones, so that what is refused below is refused for what was done to it.
      assert.deepEqual(checkBody(model, valid.body, 'request'), []);
      assert.equal(
        refusalOf(() => valid.fit(valid.body)),
        undefined,
      );
      const all = mutationsOf(model, valid.body, stopsOf(valid.shape)).filter((one) => !isTaken(one));
      assert.ok(all.length > 2);
      count += all.length;
      const problems = all.flatMap((one) =>
        judge(
          type,
          one,
          refusalOf(() => valid.fit(one.body)),
          valid.isAction,
        ),
      );
      assert.deepEqual(problems, [], `${type} ${model.apiVersion}`);
    }
  };

  for (const [type, { shape }] of Object.entries(SHAPES)) {
    const of = models?.allOf(type) ?? [];
    it(`is refused: ${type}`, { skip: of.length === 0 ? 'none is published' : false }, () => {
      check(type, of, {
        body: bodyOf(BODIES, type),
        shape,
        isAction: false,
        fit: (body) => fitBody(type, body, 'PUT'),
      });
    });
  }
  for (const [key, { shape }] of Object.entries(ACTIONS)) {
    const [type, verb] = [key.slice(0, key.lastIndexOf('/')), key.slice(key.lastIndexOf('/') + 1)];
    const of = models?.allOfAction(type, verb, 'input') ?? [];
    it(`is refused: ${key}`, { skip: of.length === 0 ? 'none is published' : false }, () => {
      const isAction = !('properties' in shape.properties);
      check(type, of, {
        body: bodyOf(ACTION_BODIES, key),
        shape,
        isAction,
        fit: (body) => fitAction(type, verb, body),
      });
    });
  }
  it('in all the ways there are', () => assert.ok(count > 4000, String(count)));
});

interface BodyOf {
  body: Mutation['body'];
  shape: ObjectShape;
  isAction: boolean;
  fit: (body: Mutation['body']) => unknown;
}

function bodyOf(bodies: typeof BODIES, type: string): Mutation['body'] {
  const body = bodies[type];
  assert.ok(body !== undefined, `no body of ${type}`);
  return body;
}

const GROUP = `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/golden-images`;
const SERVICES = ['Compute', 'Network', 'Storage', 'ManagedIdentity', 'Authorization', 'Resources'];

/** That there is: the names of what lies in one are read only then. */
const ACCOUNT = 'kilnrefusals';
/** Of one that else need not be there: its body is read before. */
function pathOf(type: string): string {
  if (/\/resourcegroups$/i.test(type)) return GROUP;
  const [namespace = '', ...types] = type.split('/');
  const named = types.map((one, index) => {
    const fixed = /^(\w+Services|tags|immutabilityPolicies|managementPolicies)$/i.test(one);
    const account = index < types.length - 1 && /^storageAccounts$/i.test(one);
    return `${one}/${fixed ? 'default' : account ? ACCOUNT : 'x'}`;
  });
  return `${GROUP}/providers/${namespace}/${named.join('/')}`;
}

describe('a request whose body is not as it should be', () => {
  let azure: TestAzure;
  before(async () => {
    azure = await startTestAzure(undefined);
    const account = `${GROUP}/providers/Microsoft.Storage/storageAccounts/${ACCOUNT}?api-version=2025-06-01`;
    const body = { location: 'westeurope', sku: { name: 'Standard_LRS' }, kind: 'StorageV2' };
    assert.equal((await azure.call('PUT', account, { body })).status, 202);
  });
  after(() => azure?.close());

  const send = async (method: string, path: string, type: string, body: unknown): Promise<[number, Told]> => {
    const answer = await azure.call(method, `${path}?api-version=${apiVersionsOf(type).at(-1)}`, { body });
    return [answer.status, (answer.body.error ?? { code: 'none', message: answer.text }) as Told];
  };

  it('is refused before anything is done, whichever type is written', async () => {
    const types = SERVICES.flatMap((service) =>
      describeTypes(`Microsoft.${service}`).map(({ resourceType }) => `Microsoft.${service}/${resourceType}`),
    );
    let written = 0;
    for (const type of types) {
      for (const method of ['PUT', 'PATCH']) {
        const [status, told] = await send(method, pathOf(type), type, { kilnUnknown: 1 });
        const none =
          told.code === 'MethodNotAllowed' || told.code === 'InvalidResourceType' || told.code === 'NotFound';
        if (none) continue;
        written += 1;
        // Tags are no resource, and read by the same reader.
        assert.deepEqual([status, told.code], [400, 'InvalidRequestContent'], `${method} ${type}: ${told.message}`);
        assert.match(told.message, /^.*Could not find member 'kilnUnknown' on object of type 'ResourceDefinition'/);
      }
    }
    assert.ok(written >= 45, String(written));
  });

  it('is refused before anything is done, whatever is asked', async () => {
    for (const [key, { shape }] of Object.entries(ACTIONS)) {
      const [type, verb] = [key.slice(0, key.lastIndexOf('/')), key.slice(key.lastIndexOf('/') + 1)];
      const path =
        type === 'microsoft.storage' ? GROUP.replace(/\/resourceGroups.*/, `/providers/${type}`) : pathOf(type);
      const lacking = shape.required.length > 0 ? [undefined, {}] : [];
      for (const body of [...lacking, { kilnUnknown: 1 }]) {
        const [status, told] = await send('POST', `${path}/${verb}`, type, body);
        assert.equal(status, 400, `${key}: ${told.message}`);
        assert.match(
          told.code,
          /^(InvalidParameter|BadRequest|InvalidValuesForRequestParameters|InvalidRequestContent)$/,
        );
      }
    }
  });

  it(
    'is refused for each kind of thing that is wrong with it',
    { skip: models === undefined ? 'no models here' : false },
    async () => {
      for (const [type, { shape }] of Object.entries(SHAPES)) {
        const model = models?.allOf(type).at(-1);
        if (model === undefined) continue;
        const all = mutationsOf(model, bodyOf(BODIES, type), stopsOf(shape)).filter((one) => !isTaken(one));
        for (const why of ['type', 'choice', 'range', 'missing', 'unknown'] as const) {
          const one = all.findLast((mutation) => mutation.why === why);
          if (one === undefined) continue;
          const [status, told] = await send('PUT', pathOf(type), type, one.body);
          assert.equal(status, 400, `${type} ${why} ${one.path}: ${told.message}`);
          assert.deepEqual(judge(type, one, told, false), []);
        }
      }
    },
  );

  it(
    'is refused for a name that its model does not have',
    { skip: models === undefined ? 'no models here' : false },
    async () => {
      let named = 0;
      for (const type of Object.keys(SHAPES)) {
        const model = models?.allOf(type).at(-1);
        const name = model?.entry.properties?.['name'];
        const form = name === undefined ? undefined : model?.at(name.type);
        if (form === undefined || form.$type !== 'StringType') continue;
        const { pattern, minLength = 0, maxLength } = form;
        const bad = [
          ...(pattern === undefined ? [] : ['not,a,name']),
          ...(minLength < 2 ? [] : ['x'.repeat(minLength - 1)]),
          ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)]),
        ];
        for (const one of bad) {
          named += 1;
          const [status, told] = await send('PUT', pathOf(type).replace(/[^/]+$/, one), type, bodyOf(BODIES, type));
          assert.equal(status, 400, `${type} '${one}': ${status} ${told.message}`);
        }
      }
      assert.ok(named > 8, String(named));
    },
  );
});
