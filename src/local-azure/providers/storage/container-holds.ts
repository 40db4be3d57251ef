/** What keeps a container from being deleted or changed: an immutability policy, legal holds, a lease. */
import { randomUUID } from 'node:crypto';
import { RestError } from '@azure/storage-blob';
import {
  ArmError,
  type ArmRequest,
  type Json,
  type JsonObject,
  LOCAL_TENANT,
  type ResourceStore,
  type Route,
  type Services,
} from '../../core.ts';
import { textOf } from '../../json.ts';
import { ONE_ACCOUNT } from './accounts.ts';
import type { DataPlane } from './data-plane.ts';

const ONE = `${ONE_ACCOUNT}/blobServices/default/containers/{container}`;
const POLICY = `${ONE}/immutabilityPolicies/default`;
const TYPE = 'Microsoft.Storage/storageAccounts/blobServices/containers';
const POLICY_TYPE = `${TYPE}/immutabilityPolicies`;

interface Policy {
  days: number;
  state: 'Unlocked' | 'Locked';
  etag: string;
  history: JsonObject[];
}

export interface Holds {
  policy?: Policy;
  tags: string[];
}

const containerIdOf = (id: string): string => /^.*\/containers\/[^/]+/i.exec(id)?.[0] ?? id;

export function holdsOf(store: ResourceStore, id: string): Holds {
  const held = store.get(containerIdOf(id))?.hidden as unknown as Holds | undefined;
  return held ?? { tags: [] };
}

/** As a container's properties tell of them. */
export function shownHolds({ policy, tags }: Holds): JsonObject {
  return {
    ...(policy === undefined
      ? {}
      : {
          immutabilityPolicy: {
            etag: policy.etag,
            properties: { immutabilityPeriodSinceCreationInDays: policy.days, state: policy.state },
            updateHistory: policy.history,
          },
        }),
    legalHold: { hasLegalHold: tags.length > 0, tags: tags.map((tag) => ({ tag })) },
    hasImmutabilityPolicy: policy !== undefined,
    hasLegalHold: tags.length > 0,
  };
}

/** Throws ArmError 409 where a deletion would break a hold. */
export function refuseHeld(store: ResourceStore, id: string, empty: boolean): void {
  const { policy, tags } = holdsOf(store, id);
  if (tags.length > 0) {
    throw new ArmError(
      409,
      'ContainerOperationFailure',
      'This operation is not permitted as the container has a legal hold.',
    );
  }
  if (policy?.state === 'Locked' && !empty) {
    throw new ArmError(
      409,
      'ContainerOperationFailure',
      'This operation is not permitted as the container has a locked immutability policy and blobs under it.',
    );
  }
}

export function containerHoldRoutes(services: Services, plane: DataPlane): Route[] {
  const { store } = services;
  const keep = (id: string, holds: Holds): void => {
    const containerId = containerIdOf(id);
    const hidden = { ...holds } as unknown as JsonObject;
    store.put({ id: containerId, type: TYPE, body: {}, hidden });
  };

  async function requireContainer(request: ArmRequest): Promise<void> {
    const container = plane.open(request).getContainerClient(request.params['container'] ?? '');
    if (await container.exists()) return;
    throw new ArmError(404, 'ContainerNotFound', 'The specified container does not exist.');
  }

  const showPolicy = (request: ArmRequest, etag: string, days: number, state: string): JsonObject => ({
    id: `${containerIdOf(request.id)}/immutabilityPolicies/default`,
    name: 'default',
    type: POLICY_TYPE,
    etag,
    properties: { immutabilityPeriodSinceCreationInDays: days, state },
  });

  /** Days as asked for. Throws ArmError 400 for what is no number of days. */
  function daysOf({ body }: ArmRequest): number {
    const days = ((body?.['properties'] ?? {}) as JsonObject)['immutabilityPeriodSinceCreationInDays'];
    if (typeof days === 'number' && Number.isInteger(days) && days >= 0 && days <= 146_000) return days;
    throw new ArmError(
      400,
      'InvalidValuesForRequestParameters',
      'Values for request parameters are invalid: immutabilityPeriodSinceCreationInDays.',
    );
  }

  function write(request: ArmRequest, update: string, days: number, state: Policy['state']): JsonObject {
    const holds = holdsOf(store, request.id);
    const entry: JsonObject = {
      update,
      ...(update === 'lock' ? {} : { immutabilityPeriodSinceCreationInDays: days }),
      timestamp: services.now().toISOString(),
      objectIdentifier: request.principal.objectId,
      tenantId: LOCAL_TENANT,
    };
    const policy: Policy = {
      days,
      state,
      etag: `"${randomUUID().replaceAll('-', '').slice(0, 15)}"`,
      history: [...(holds.policy?.history ?? []), entry],
    };
    keep(request.id, { ...holds, policy });
    return showPolicy(request, policy.etag, days, state);
  }

  function requirePolicy(request: ArmRequest): Policy {
    const { policy } = holdsOf(store, request.id);
    if (policy !== undefined) return policy;
    throw new ArmError(
      404,
      'ContainerImmutabilityPolicyNotFound',
      'The immutability policy of the container was not found.',
    );
  }

  const legalHold = (verb: 'setLegalHold' | 'clearLegalHold'): Route => ({
    method: 'POST',
    path: `${ONE}/${verb}`,
    async handle(request) {
      await requireContainer(request);
      const asked = ((request.body?.['tags'] ?? []) as string[]).map((tag) => tag.toLowerCase());
      const holds = holdsOf(store, request.id);
      const others = holds.tags.filter((tag) => !asked.includes(tag));
      const tags = verb === 'setLegalHold' ? [...others, ...asked] : others;
      keep(request.id, { ...holds, tags });
      return { status: 200, body: { hasLegalHold: tags.length > 0, tags } };
    },
  });

  return [
    {
      method: 'PUT',
      path: POLICY,
      async handle(request) {
        await requireContainer(request);
        const former = holdsOf(store, request.id).policy;
        if (former?.state === 'Locked') {
          throw new ArmError(
            409,
            'ContainerImmutabilityPolicyLocked',
            'Operation not allowed on a locked immutability policy.',
          );
        }
        return { status: 200, body: write(request, 'put', daysOf(request), 'Unlocked') };
      },
    },
    {
      method: 'GET',
      path: POLICY,
      async handle(request) {
        await requireContainer(request);
        const { policy } = holdsOf(store, request.id);
        // One that was never made is told as of no days.
        const { etag, days, state } = policy ?? { etag: '', days: 0, state: 'Unlocked' };
        return { status: 200, body: showPolicy(request, etag, days, state) };
      },
    },
    {
      method: 'DELETE',
      path: POLICY,
      handle(request) {
        if (requirePolicy(request).state === 'Locked') {
          throw new ArmError(
            409,
            'ContainerImmutabilityPolicyLocked',
            'Operation not allowed on a locked immutability policy.',
          );
        }
        const { tags } = holdsOf(store, request.id);
        keep(request.id, { tags });
        return { status: 200, body: showPolicy(request, `"${randomUUID().slice(0, 8)}"`, 0, 'Deleted') };
      },
    },
    {
      method: 'POST',
      path: `${POLICY}/lock`,
      handle: (request) => ({ status: 200, body: write(request, 'lock', requirePolicy(request).days, 'Locked') }),
    },
    {
      method: 'POST',
      path: `${POLICY}/extend`,
      handle(request) {
        const { state, days } = requirePolicy(request);
        const asked = daysOf(request);
        if (state !== 'Locked' || asked < days) {
          throw new ArmError(
            409,
            'ContainerImmutabilityPolicyExtendFailed',
            'A policy is extended once it is locked, and never shortened.',
          );
        }
        return { status: 200, body: write(request, 'extend', asked, 'Locked') };
      },
    },
    legalHold('setLegalHold'),
    legalHold('clearLegalHold'),
    {
      method: 'POST',
      path: `${ONE}/lease`,
      async handle(request) {
        await requireContainer(request);
        const container = plane.open(request).getContainerClient(request.params['container'] ?? '');
        const { action, leaseId, leaseDuration, proposedLeaseId, breakPeriod } = (request.body ?? {}) as Record<
          string,
          Json
        >;
        const lease = container.getBlobLeaseClient(textOf(leaseId ?? proposedLeaseId) || randomUUID());
        try {
          return { status: 200, body: await act() };
        } catch (error) {
          if (!(error instanceof RestError)) throw error;
          const code = textOf((error.details as { errorCode?: string } | undefined)?.errorCode) || error.code || '';
          throw new ArmError(error.statusCode ?? 409, code, error.message);
        }

        async function act(): Promise<JsonObject> {
          switch (textOf(action)) {
            case 'Acquire':
              return { leaseId: (await lease.acquireLease(Number(leaseDuration ?? -1))).leaseId ?? '' };
            case 'Renew':
              return { leaseId: (await lease.renewLease()).leaseId ?? '' };
            case 'Change':
              return { leaseId: (await lease.changeLease(textOf(proposedLeaseId))).leaseId ?? '' };
            case 'Release':
              await lease.releaseLease();
              return {};
            case 'Break':
              return { leaseTimeSeconds: String((await lease.breakLease(Number(breakPeriod ?? 0))).leaseTime ?? 0) };
            default:
              throw new ArmError(
                400,
                'InvalidValuesForRequestParameters',
                'Values for request parameters are invalid: action.',
              );
          }
        }
      },
    },
  ];
}
