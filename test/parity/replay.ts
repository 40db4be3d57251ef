/**
 * Replays a recording against a fresh local Azure. Operations end when the recording says so: a poll that was answered
 * InProgress finds them waiting, one that saw the end has them run first.
 */
import { LOCAL_SUBSCRIPTION, type TimeProfile } from '../../src/local-azure/core.ts';
import { startTestAzure, type TestAzure } from '../local-azure/support.ts';
import { differences, type Answer } from './compare.ts';
import { operationName } from './operation-name.ts';
import type { Exchange, Json, Recording } from './recordings.ts';
import { Translator } from './translate.ts';

export interface Compared {
  /** `PUT Microsoft.Compute/disks`; its polls and its result count with it. */
  operation: string;
  recording: string;
  exchange: number;
  differences: string[];
}

/** As long as a timer can wait. */
const FOR_EVER = 2 ** 31 - 1;
const ONGOING = new Set(['Creating', 'Updating', 'Deleting', 'InProgress']);

export async function replay(recording: Recording): Promise<Compared[]> {
  let holding = false;
  const timeProfile: TimeProfile = {
    name: 'recorded',
    pace: Infinity,
    duration: () => (holding ? FOR_EVER : 0),
    retryAfter: (seconds) => seconds,
  };
  const azure = await startTestAzure(undefined, { timeProfile, limits: 'off' });
  try {
    await makeGroups(azure, recording);
    holding = true;
    return await new Replay(azure, recording).run();
  } finally {
    await azure.close();
  }
}

/** Groups that were made before the recording began. */
async function makeGroups(azure: TestAzure, { exchanges }: Recording): Promise<void> {
  const made = new Set<string>();
  for (const { method, url, requestBody } of exchanges) {
    const name = /\/resourcegroups\/([^/?]+)/i.exec(url)?.[1];
    if (name === undefined || made.has(name.toLowerCase())) continue;
    made.add(name.toLowerCase());
    if (method === 'PUT' && /\/resourcegroups\/[^/?]+\?/i.test(url)) continue;
    const { location = 'westus' } = (requestBody ?? {}) as { location?: string };
    const path = `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/${name}?api-version=2021-04-01`;
    await azure.call('PUT', path, { body: { location } });
  }
}

class Replay {
  readonly #azure: TestAzure;
  readonly #recording: Recording;
  readonly #translator: Translator;
  /** Address of a poll → the operation that it is about. */
  readonly #polled = new Map<string, string>();

  constructor(azure: TestAzure, recording: Recording) {
    this.#azure = azure;
    this.#recording = recording;
    this.#translator = new Translator(recording.exchanges.map(({ url }) => url));
  }

  async run(): Promise<Compared[]> {
    const compared: Compared[] = [];
    for (const [index, exchange] of this.#recording.exchanges.entries()) {
      const { url } = exchange;
      const path = this.#translator.address(url);
      const polled = this.#polled.get(pathOf(url));
      const operation = polled ?? operationName(exchange.method, url);
      if (isPoll(url)) {
        if (!isOngoing(exchange)) await this.#expedite(({ id }) => path.toLowerCase().includes(id));
      } else if (!isOngoing(exchange) || exchange.method !== 'GET') {
        const asked = `${path}${JSON.stringify(this.#translator.json(exchange.requestBody) ?? '')}`.toLowerCase();
        await this.#expedite(({ resourceId }) => related(asked, resourceId));
      }
      const local = await this.#ask(exchange, path);
      this.#translator.learn(exchange.body, local.body);
      for (const name of ['azure-asyncoperation', 'location']) {
        this.#translator.learnAddress(exchange.headers[name], local.headers[name]);
        const address = exchange.headers[name];
        if (address !== undefined && polled === undefined) this.#polled.set(pathOf(address), operation);
      }
      const recorded: Answer = { ...exchange, body: this.#translator.json(exchange.body) };
      compared.push({
        operation,
        recording: this.#recording.name,
        exchange: index,
        differences: differences(recorded, local, this.#recording.keptHeaders),
      });
    }
    return compared;
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

  async #expedite(wanted: (operation: { id: string; resourceId: string }) => boolean): Promise<void> {
    const { operations, store } = this.#azure.azure.services;
    const ids = new Set(store.list({}).map(({ id }) => id));
    for (const resourceId of ids) {
      for (const { id } of operations.pending(resourceId)) {
        const isAsked = wanted({ id, resourceId: resourceId.toLowerCase() });
        if (isAsked) await operations.expedite(id);
      }
    }
  }
}

const pathOf = (url: string): string => new URL(url).pathname.toLowerCase();
const isPoll = (url: string): boolean => /operations\/[^/]*$|operationresults\/[^/]*$/i.test(pathOf(url));

function isOngoing({ status, body, method }: Exchange): boolean {
  const { status: state, properties } = (body ?? {}) as {
    status?: string;
    properties?: { provisioningState?: string };
  };
  return (
    (method === 'GET' && status === 202) || ONGOING.has(state ?? '') || ONGOING.has(properties?.provisioningState ?? '')
  );
}

/** Whether a request, its path and body in lower case, is about the resource, one in it or one that it is in. */
function related(asked: string, resourceId: string): boolean {
  return asked.includes(resourceId) || resourceId.startsWith(asked.split(/[?"{]/)[0] ?? asked);
}
