/**
 * Deploying: every resource is put once what it depends on is there, all others beside it, through the same door as any
 * client's. A restart runs it all again, which changes nothing that is made already.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { RunningDeployment } from '../../../../arm-template/expressions/evaluate.ts';
import type { Principal } from '../../../authority.ts';
import { ArmError, type ArmErrorDetail, type Json, type JsonObject, type StoredResource } from '../../../core.ts';
import type { InsideAnswer, InsideCalls } from '../../../inside-calls.ts';
import { textOf } from '../../../json.ts';
import { followOutside, outsideProviderOf } from '../../../outside-providers.ts';
import { groupIdOf, parseResourceId, sameId } from '../../../resource-id.ts';
import type { ResourcesServices } from '../services.ts';
import { durationSince, numberOf, type Step } from './bodies.ts';
import { around } from './running.ts';
import { Asked, bodyOf, outputsOf } from './evaluate-resource.ts';
import { type PlannedResource, prepare, type Prepared, type Site, typedName } from './template.ts';

/** What is kept of a deployment beside its body. */
export interface Kept {
  site: Omit<Site, 'began'> & { began: string };
  template: JsonObject;
  /** Parameter values by name, secrets too. */
  values: Record<string, Json>;
  caller: Principal;
  operationId: string;
  steps: Step[];
}

const POLL_MS = 25;
const TRIES = 5;
/** Refusals that pass by themselves. */
const PASSING =
  /^(AnotherOperationInProgress|StorageAccountOperationInProgress|RetryableError|ReferencedResourceNotProvisioned|TooManyRequests)$/;

export class DeploymentRun {
  readonly #services: ResourcesServices;
  readonly #calls: InsideCalls;
  readonly #id: string;
  readonly #kept: Kept;
  readonly #site: Site;
  readonly #prepared: Prepared;
  readonly #tasks = new Map<string, Promise<void>>();
  /** Who waits for whom, by id, so that a circle of references ends. */
  readonly #waits = new Map<string, Set<string>>();
  readonly #answers = new Map<string, Json>();
  readonly #made = new Map<string, Json>();

  constructor(services: ResourcesServices, calls: InsideCalls, deployment: StoredResource) {
    this.#services = services;
    this.#calls = calls;
    this.#id = deployment.id;
    this.#kept = keptOf(deployment);
    this.#site = siteOf(this.#kept);
    this.#prepared = prepare(this.#site, this.#kept.template, this.#kept.values);
  }

  /** @throws ArmError DeploymentFailed once all that was begun has ended */
  async run(): Promise<void> {
    this.#note({ provisioningState: 'Running' });
    const { resources } = this.#prepared;
    for (const resource of resources) {
      this.#tasks.set(
        resource.id.toLowerCase(),
        // Not before every task is known.
        Promise.resolve().then(() => this.#deploy(resource)),
      );
    }
    const outcomes = await Promise.allSettled(this.#tasks.values());
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    if (failures.length === 0) {
      try {
        await this.#finish();
        return;
      } catch (error) {
        failures.push(error);
      }
    }
    this.#fail(failures);
  }

  async #finish(): Promise<void> {
    const { outputs } = this.#kept.template;
    const made = await this.#evaluated(undefined, (running) =>
      outputsOf(this.#site, this.#kept.template, this.#kept.values, running),
    );
    if (outputs !== undefined) this.#step(undefined, { state: 'Succeeded', statusCode: 'OK' });
    this.#note({
      provisioningState: 'Succeeded',
      outputs: made,
      outputResources: this.#prepared.resources
        .filter(({ existing }) => !existing)
        .map(({ id }) => ({ id }))
        .toSorted((left, right) => (left.id < right.id ? -1 : 1)),
    });
  }

  #fail(failures: unknown[]): never {
    const cancelled = failures.some((failure) => failure instanceof Cancelled);
    if (cancelled) {
      this.#note({ provisioningState: 'Canceled' });
      throw new ArmError(409, 'DeploymentCanceled', `The deployment '${this.#site.name}' was canceled.`);
    }
    const details = failures.filter((failure) => !(failure instanceof NotBegun)).map(detailOf);
    const message =
      'At least one resource deployment operation failed. Please list deployment operations for details. ' +
      'Please see https://aka.ms/arm-deployment-operations for usage details.';
    const error = { code: 'DeploymentFailed', target: this.#id, message, details: details.map((one) => ({ ...one })) };
    this.#note({ provisioningState: 'Failed', error });
    throw new ArmError(409, 'DeploymentFailed', message, this.#id, details);
  }

  async #deploy(resource: PlannedResource): Promise<void> {
    for (const id of resource.dependsOn) await this.#await(resource.id, id);
    if (resource.existing) return;
    this.#refuseCancelled();
    this.#step(resource.id, { state: 'Running', statusCode: 'OK' });
    try {
      const body = await this.#evaluated(resource.id, (running) =>
        bodyOf(this.#site, this.#kept.template, this.#kept.values, resource, running),
      );
      const status = await this.#put(resource, body);
      this.#step(resource.id, { state: 'Succeeded', statusCode: status === 201 ? 'Created' : 'OK' });
    } catch (error) {
      const detail = detailOf(error);
      const state = error instanceof Cancelled ? 'Canceled' : 'Failed';
      const statusCode = error instanceof ArmError && error.status === 403 ? 'Forbidden' : 'Conflict';
      this.#step(resource.id, { state, statusCode, statusMessage: { error: { ...detail } } });
      throw error;
    }
  }

  /** Until another resource of the template is there. */
  async #await(who: string | undefined, whom: string): Promise<void> {
    const task = this.#tasks.get(whom.toLowerCase());
    if (task === undefined) return;
    if (who !== undefined) {
      if (this.#reaches(whom, who)) {
        throw new ArmError(400, 'InvalidTemplate', `The resources '${who}' and '${whom}' refer to each other.`);
      }
      const waits = this.#waits.get(who.toLowerCase()) ?? new Set<string>();
      this.#waits.set(who.toLowerCase(), waits.add(whom.toLowerCase()));
    }
    try {
      await task;
    } catch (error) {
      throw error instanceof Cancelled ? error : new NotBegun(whom);
    }
  }

  #reaches(from: string, to: string): boolean {
    if (sameId(from, to)) return true;
    return [...(this.#waits.get(from.toLowerCase()) ?? [])].some((next) => this.#reaches(next, to));
  }

  /** Evaluated again for every answer that it asks Azure for. */
  async #evaluated<T>(who: string | undefined, evaluate: (running: RunningDeployment) => T): Promise<T> {
    for (;;) {
      try {
        return evaluate(this.#running());
      } catch (error) {
        if (!(error instanceof Asked)) throw error;
        this.#answers.set(error.key, await this.#ask(who, error));
      }
    }
  }

  async #ask(who: string | undefined, { id, action, apiVersion, body }: Asked): Promise<Json> {
    await this.#await(who, id);
    const planned = this.#prepared.resources.find((one) => sameId(one.id, id));
    const made = this.#made.get(id.toLowerCase());
    if (made !== undefined && action === undefined && apiVersion === undefined) return made;
    const version = apiVersion ?? planned?.apiVersion;
    if (version === undefined) {
      throw new ArmError(
        400,
        'InvalidTemplate',
        `reference('${id}') needs an api-version: it is no resource of this template.`,
      );
    }
    const path = `${id}${action === undefined ? '' : `/${action}`}?api-version=${version}`;
    const answer = await this.#calls.send(action === undefined ? 'GET' : 'POST', path, this.#kept.caller, body);
    if (answer.status >= 400) throw refusalOf(answer);
    return answer.body ?? {};
  }

  #running(): RunningDeployment {
    const { template, values } = this.#kept;
    const { subscriptionId } = this.#site;
    const group = this.#services.store.get(groupIdOf(this.#id) ?? '');
    const answered = (asked: Asked): Json => {
      const answer = this.#answers.get(asked.key);
      if (answer === undefined) throw asked;
      return answer;
    };
    const symbols = new Map(this.#prepared.resources.map((one) => [one.symbol?.toLowerCase(), one.id]));
    const idFor = (nameOrId: string): string => {
      const { resources } = this.#prepared;
      const named =
        resources.find((one) => sameId(typedName(one), nameOrId)) ??
        resources.find((one) => sameId(one.name, nameOrId));
      return nameOrId.startsWith('/') ? nameOrId : (symbols.get(nameOrId.toLowerCase()) ?? named?.id ?? nameOrId);
    };
    return {
      ...around(this.#site, template, values, group),
      reference(nameOrId, apiVersion, full) {
        const id = idFor(nameOrId);
        if (!id.startsWith('/')) {
          throw new ArmError(
            400,
            'InvalidTemplate',
            `The resource referenced as '${nameOrId}' is not defined in the template.`,
          );
        }
        const body = answered(new Asked(id, { apiVersion })) as JsonObject;
        if (!full) return body['properties'] ?? {};
        const { resourceGroup } = parseResourceId(id);
        return { ...body, resourceId: id, subscriptionId, resourceGroupName: resourceGroup ?? '' };
      },
      list: (name, nameOrId, apiVersion, body) =>
        answered(new Asked(idFor(nameOrId), { action: name, apiVersion, body: (body ?? {}) as Json })),
    };
  }

  /** The status that it was taken with. */
  async #put(resource: PlannedResource, body: JsonObject): Promise<number> {
    const path = `${resource.id}?api-version=${resource.apiVersion}`;
    for (let tries = 1; ; tries++) {
      await this.#quiet(resource.id);
      const answer = await this.#calls.send('PUT', path, this.#kept.caller, body);
      const begun = this.#services.operations.pending(resource.id);
      if (answer.status < 400) {
        await this.#quiet(resource.id);
        for (const { id } of begun) this.#refuseFailed(id);
        if (begun.length > 0) return answer.status;
        if (outsideProviderOf(this.#services.stateDir, resource.id) !== undefined) {
          await followOutside(this.#calls, this.#kept.caller, answer, () => this.#refuseCancelled());
        } else if (answer.body !== undefined) {
          // What was made at once is referred to as its making was answered.
          this.#made.set(resource.id.toLowerCase(), answer.body);
        }
        return answer.status;
      }
      const refusal = refusalOf(answer);
      if (tries >= TRIES || !(PASSING.test(refusal.code) || answer.status === 429)) throw refusal;
      await setTimeout(Number(answer.headers.get('retry-after') ?? 1) * 1000);
    }
  }

  /** Until nothing is under way on the resource. */
  async #quiet(id: string): Promise<void> {
    while (this.#services.operations.pending(id).length > 0) {
      this.#refuseCancelled();
      await setTimeout(POLL_MS);
    }
  }

  #refuseFailed(operationId: string): void {
    const ended = this.#services.operations.get(operationId);
    if (ended === undefined || ended.status === 'Succeeded') return;
    const { code, message, target } = ended.error ?? { code: 'Canceled', message: 'The operation was canceled.' };
    throw new ArmError(ended.failureStatus ?? 409, code, message, target);
  }

  #refuseCancelled(): void {
    if (this.#services.operations.get(this.#kept.operationId)?.status === 'Canceled') throw new Cancelled();
  }

  #step(resource: string | undefined, change: Pick<Step, 'state' | 'statusCode' | 'statusMessage'>): void {
    const now = this.#services.now().toISOString();
    const former = this.#kept.steps.find((step) => step.resource === resource);
    const step: Step = {
      operationId:
        former?.operationId ??
        (resource === undefined
          ? numberOf(this.#site.began)
          : randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase()),
      requestId: former?.requestId ?? randomUUID(),
      resource,
      began: change.state === 'Running' ? now : (former?.began ?? now),
      ended: now,
      ...change,
    };
    this.#kept.steps = [...this.#kept.steps.filter((one) => one !== former), step];
    this.#note({});
  }

  #note(properties: JsonObject): void {
    const deployment = this.#services.store.get(this.#id);
    // Its group may be gone, and it with it.
    if (deployment === undefined) return;
    const now = this.#services.now();
    this.#services.store.put({
      ...deployment,
      body: {
        ...deployment.body,
        properties: {
          ...(deployment.body['properties'] as JsonObject),
          timestamp: now.toISOString(),
          duration: durationSince(this.#site.began, now),
          ...properties,
        },
      },
      hidden: { ...this.#kept } as unknown as JsonObject,
    });
  }
}

class Cancelled extends Error {}

/** Waited for something that failed, and so was not begun; the failure itself is told. */
class NotBegun extends Error {}

export const keptOf = (deployment: StoredResource): Kept => deployment.hidden as unknown as Kept;

const siteOf = ({ site }: Kept): Site => ({ ...site, began: new Date(site.began) });

function refusalOf({ status, body }: InsideAnswer): ArmError {
  const answered = (body ?? {}) as { error?: JsonObject };
  // Some providers have no envelope in old api-versions.
  const error = answered.error ?? (answered as JsonObject);
  return new ArmError(
    status,
    textOf(error['code']) || 'UnknownError',
    textOf(error['message']),
    error['target'] === undefined ? undefined : textOf(error['target']),
  );
}

function detailOf(failure: unknown): ArmErrorDetail {
  if (!(failure instanceof ArmError)) return { code: 'InternalServerError', message: String(failure) };
  const { code, message, target } = failure;
  return { code, message, ...(target === undefined ? {} : { target }) };
}
