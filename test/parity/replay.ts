/**
 * Replays a recording against a fresh local Azure. Operations end when the recording says so: a poll that was answered
 * InProgress finds them waiting, one that saw the end has them run first.
 */
import { operationIdOf } from '../../src/local-azure/async-answers.ts';
import type { Exchange as LocalExchange, TimeProfile } from '../../src/local-azure/core.ts';
import { startTestAzure, type TestAzure } from '../local-azure/support.ts';
import { watchBodies } from '../models/watch.ts';
import { differences, type Answer } from './compare.ts';
import { operationName } from './operation-name.ts';
import type { Exchange, Json, Recording } from './recordings.ts';
import { isOfTemplates, TemplateReplay } from './template-replay.ts';
import { Translator } from './translate.ts';

export interface Compared {
  /** `PUT Microsoft.Compute/disks`; its polls and its result count with it. */
  operation: string;
  recording: string;
  exchange: number;
  differences: string[];
}

/** Some Location headers have no host. */
const BASE = 'https://management.azure.com';
/** As long as a timer can wait. */
const FOR_EVER = 2 ** 31 - 1;
const ONGOING = new Set(['Accepted', 'Running', 'Creating', 'ResolvingDns', 'Updating', 'Deleting', 'InProgress']);
/** Refusals by which Azure said that something was still under way. */
const REFUSED_WHILE_ONGOING = /IsNotProvisioned$|OperationInProgress$|BeingDeleted$|^RetryableError$/;

export async function replay(recording: Recording): Promise<Compared[]> {
  let holding = false;
  const timeProfile: TimeProfile = {
    name: 'recorded',
    pace: Infinity,
    duration: () => (holding ? FOR_EVER : 0),
    retryAfter: (seconds) => seconds,
  };
  // Requests are as recorded: clients put back what they were given, read-only properties with it, and Azure takes that.
  const watch = watchBodies();
  const observe = ({ requestBody: _theirs, ...answer }: LocalExchange): void => watch.observe(answer);
  const azure = await startTestAzure(undefined, { timeProfile, limits: 'off', observe });
  let templates: TemplateReplay | undefined;
  try {
    const translator = new Translator(recording.exchanges.map(({ url }) => url));
    await makePrerequisites(azure, recording, translator);
    templates = await TemplateReplay.start(azure, recording, translator, (open) => (holding = !open));
    holding = true;
    return await new Replay(azure, recording, translator, templates).run();
  } finally {
    await templates?.close();
    await azure.close();
    watch.verdict();
  }
}

/** What was there before the recording began: groups, and resources that it finds without having made them. */
async function makePrerequisites(azure: TestAzure, { exchanges }: Recording, translator: Translator): Promise<void> {
  const seen = new Set<string>();
  for (const { method, url, requestBody, status, body } of exchanges) {
    const path = pathOf(url);
    const group = /^.*?\/resourcegroups\/[^/]+/.exec(path)?.[0];
    if (group === undefined) continue;
    const begins = !seen.has(group);
    if (status === 404 && errorCode(body) === 'ResourceGroupNotFound') continue;
    const { location = 'westus' } = (requestBody ?? body ?? {}) as { location?: string };
    const notYet = path === group ? (method === 'PUT' && status === 201) || status === 404 : isGroupMissing(body);
    if (begins && !notYet) {
      const groupUrl = `${new URL(url).pathname.slice(0, group.length)}?api-version=2021-04-01`;
      await azure.call('PUT', translator.text(groupUrl), { body: { location } });
    }
    seen.add(group);
    const machine = /^.*\/microsoft\.compute\/virtualmachines\/[^/]+(?=\/)/.exec(path)?.[0];
    if (machine !== undefined && !seen.has(machine) && status < 300) {
      await makeMachine(azure, translator.text(new URL(url).pathname.slice(0, machine.length)), location);
      seen.add(machine);
    }
    const inherited = [...seen].some((known) => known !== group && path.startsWith(`${known}/`));
    if (isOfTemplates(url)) continue;
    // A PUT answered 200 changes what is there.
    const there = status === 200 && (method === 'GET' || method === 'PUT');
    const found = there && !seen.has(path) && !inherited && isResource(path);
    if (found) {
      await azure.call('PUT', translator.address(url), { body: translator.json(body) });
    }
    seen.add(path);
  }
}

function isGroupMissing(body: Json | undefined): boolean {
  const { error } = (body ?? {}) as { error?: { code?: string } };
  return error?.code === 'ResourceGroupNotFound';
}

/** Running, from the marketplace, with a network of its own. */
async function makeMachine(azure: TestAzure, id: string, location: string): Promise<void> {
  const [start, name = ''] = id.split(/\/providers\/Microsoft\.Compute\/virtualMachines\//i);
  const network = `${start}/providers/Microsoft.Network`;
  const make = async (path: string, apiVersion: string, properties: Json): Promise<void> => {
    const { status, text } = await azure.call('PUT', `${path}?api-version=${apiVersion}`, {
      body: { location, properties },
    });
    if (status >= 300) throw new Error(`${path}: ${status} ${text}`);
  };
  await make(`${network}/virtualNetworks/${name}VNET`, '2022-01-01', {
    addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
    subnets: [{ name: 'default', properties: { addressPrefix: '10.0.0.0/24' } }],
  });
  const subnet = { id: `${network}/virtualNetworks/${name}VNET/subnets/default` };
  await make(`${network}/networkInterfaces/${name}VMNic`, '2022-01-01', {
    ipConfigurations: [{ name: 'main', properties: { subnet } }],
  });
  await make(id, '2022-03-01', {
    hardwareProfile: { vmSize: 'Standard_D2ds_v4' },
    storageProfile: {
      imageReference: { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
      osDisk: { createOption: 'FromImage' },
    },
    osProfile: { computerName: 'vm', adminUsername: 'kiln', adminPassword: 'Secret-123456' },
    networkProfile: { networkInterfaces: [{ id: `${network}/networkInterfaces/${name}VMNic` }] },
  });
}

const errorCode = (body: Json | undefined): string | undefined =>
  (body as { error?: { code?: string } } | undefined)?.error?.code;

const isResource = (path: string): boolean => /\/providers\/[^/]+\/[^/]+\/[^/]+$/.test(path);

class Replay {
  readonly #azure: TestAzure;
  readonly #recording: Recording;
  readonly #translator: Translator;
  readonly #templates: TemplateReplay | undefined;
  /** Address of a poll → the operation that it is about. */
  readonly #polled = new Map<string, string>();

  constructor(azure: TestAzure, recording: Recording, translator: Translator, templates?: TemplateReplay) {
    this.#templates = templates;
    this.#azure = azure;
    this.#recording = recording;
    this.#translator = translator;
  }

  async run(): Promise<Compared[]> {
    const compared: Compared[] = [];
    for (const [index, exchange] of this.#recording.exchanges.entries()) {
      const { url } = exchange;
      const path = this.#translator.address(url);
      const polled = this.#polled.get(pathOf(url));
      const operation = polled ?? operationName(exchange.method, url);
      if (isPoll(url)) {
        const polledId = this.#operationAt(path.replace(/\?.*$/, ''));
        if (!isOngoing(exchange)) await this.#expedite(({ id }) => polledId === id);
      } else if (!refusedWhileOngoing(exchange) && (!isOngoing(exchange) || exchange.method !== 'GET')) {
        const asked = `${path}${JSON.stringify(this.#translator.json(exchange.requestBody) ?? '')}`.toLowerCase();
        const there = pathOf(`${BASE}${path}`);
        await this.#expedite(
          ({ kind, resourceId }) =>
            related(asked, resourceId) && !(kind.endsWith('/delete') && isStillThere(exchange, there, resourceId)),
        );
      }
      // The directory came to know a principal at some time before it was taken.
      const { properties } = (this.#translator.json(exchange.requestBody) ?? {}) as {
        properties?: { principalId?: string };
      };
      if (exchange.status < 300 && properties?.principalId !== undefined) {
        const entry = `/directory/${properties.principalId}`;
        for (const { id } of this.#azure.azure.services.operations.pending(entry)) {
          await this.#azure.azure.services.operations.expedite(id);
        }
      }
      const ofTemplates = this.#templates !== undefined && isOfTemplates(url);
      const local = ofTemplates ? await this.#templates.ask(exchange, path) : await this.#ask(exchange, path);
      this.#translator.learn(exchange.body, local.body);
      for (const name of ['azure-asyncoperation', 'location']) {
        const address = exchange.headers[name];
        if (address !== undefined && isPoll(address)) this.#translator.learnAddress(address, local.headers[name]);
        if (address !== undefined && polled === undefined && isPoll(address))
          this.#polled.set(pathOf(address), operation);
      }
      const recorded: Answer = { ...exchange, body: this.#translator.json(exchange.body) };
      compared.push({
        operation,
        recording: this.#recording.name,
        exchange: index,
        differences: differences(recorded, local, this.#recording.keptHeaders).filter(
          (difference) => exchange.leftOut?.test(difference) !== true,
        ),
      });
    }
    return compared;
  }

  /** A deployment tells its operation by a number of its own. */
  #operationAt(path: string): string | undefined {
    const [deployment, number] = path.split(/\/operationStatuses\//i);
    if (deployment === undefined || number === undefined) return operationIdOf(path);
    return this.#azure.azure.services.operations.pending(deployment).find(({ kind }) => kind.endsWith('/write'))?.id;
  }

  async #ask({ method, requestBody }: Exchange, path: string): Promise<Answer> {
    const body = this.#translator.json(requestBody);
    const answer = await this.#azure.call(method, path, body === undefined ? {} : { body });
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: answer.text === '' ? undefined : (JSON.parse(answer.text) as Json),
    };
  }

  async #expedite(wanted: (operation: { id: string; kind: string; resourceId: string }) => boolean): Promise<void> {
    const { operations, store } = this.#azure.azure.services;
    const ids = new Set(store.list({}).map(({ id }) => id));
    for (const resourceId of ids) {
      for (const { id, kind } of operations.pending(resourceId)) {
        if (wanted({ id, kind, resourceId: resourceId.toLowerCase() })) await this.#end(id, kind);
      }
    }
  }

  /** A deployment ends once all has that it began. */
  async #end(id: string, kind: string): Promise<void> {
    const { operations, store } = this.#azure.azure.services;
    const ended = operations.expedite(id);
    if (!kind.endsWith('/deployments/write')) return ended;
    while (operations.get(id)?.status === 'InProgress') {
      const begun = store.list({}).flatMap((one) => operations.pending(one.id));
      for (const one of begun) if (one.kind !== kind) await operations.expedite(one.id);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return ended;
  }
}

const pathOf = (url: string): string => new URL(url, BASE).pathname.toLowerCase();
const isPoll = (url: string): boolean => /(operations|operationresults|operationstatuses)\/[^/]*$/i.test(pathOf(url));

function isOngoing({ status, body, method }: Exchange): boolean {
  const { status: state, properties } = (body ?? {}) as {
    status?: string;
    properties?: { provisioningState?: string };
  };
  return (
    (method === 'GET' && status === 202) || ONGOING.has(state ?? '') || ONGOING.has(properties?.provisioningState ?? '')
  );
}

function refusedWhileOngoing({ body }: Exchange): boolean {
  const { error } = (body ?? {}) as { error?: { code?: string } };
  return REFUSED_WHILE_ONGOING.test(error?.code ?? '');
}

/** Whether an answer shows that a resource was not gone yet: it was found, told to go once more, or something in it was. */
function isStillThere({ method, status }: Exchange, path: string, id: string): boolean {
  if (status >= 300 || (method === 'DELETE' && status === 204)) return false;
  return path.startsWith(`${id}/`) || (path === id && !(method === 'PUT' && status === 201));
}

/**
 * Whether a request, its path and body in lower case, is about the resource, one in it or one that it is in; in a network
 * also one that lies beside it: one thing at a time is done there, so the other had ended.
 */
function related(asked: string, resourceId: string): boolean {
  const path = asked.split(/[?"{]/)[0] ?? asked;
  const network = /^.*\/microsoft\.network\/virtualnetworks\/[^/]+(?=\/)/.exec(path)?.[0];
  return asked.includes(resourceId) || `${resourceId}/`.startsWith(`${network ?? path}/`);
}
