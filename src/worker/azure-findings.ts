/** Azure as a worker's credential finds it: subscription, resource providers, permissions and quota. */
import { decodeJwt } from 'jose';
import { describeLack, missingPermissions } from '../activities/check-permissions.ts';
import { createAzure, defaultCredential, scopeOf, type Azure, type AzureEnvironment } from '../azure/environment.ts';
import { azureDetail } from '../azure/errors.ts';
import { findingsOf, reasonOf, type Finding } from '../client/doctor/finding.ts';
import { defaultVmSize, type BuildPlan } from '../template/build-plan.ts';

export interface Asked {
  subscriptionId: string;
  plans: BuildPlan[];
  /** Whether the plans' regions are meant, and not just filled in. */
  regions: boolean;
  /** What the plans are of, for a person. */
  what: string;
}

const finding = findingsOf('Azure');
const PROVIDERS = ['Microsoft.Compute', 'Microsoft.Network', 'Microsoft.Storage', 'Microsoft.ManagedIdentity'];

export async function lookAtAzure(environment: AzureEnvironment, asked: Asked): Promise<Finding[]> {
  const credential = defaultCredential(environment);
  let token: string;
  try {
    token = (await credential.getToken(scopeOf(environment)))?.token ?? '';
  } catch (error) {
    const todo =
      'az login, or AZURE_TENANT_ID and AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE: docs/azure.md';
    return [finding('credential', 'missing', reasonOf(error), todo)];
  }
  const who = principalOf(token);
  const subscription = await lookAtSubscription(environment, asked.subscriptionId, token);
  const known = finding('credential', 'ok', who.described);
  if (subscription.state === 'missing') return [known, subscription];
  const azure = createAzure(environment, credential);
  const found = await Promise.all([
    lookAtProviders(azure, asked.subscriptionId),
    lookAtPermissions(azure, asked, who.assignee),
    asked.regions ? lookAtQuota(azure, asked.plans) : [],
  ]);
  return [known, subscription, ...found.flat()];
}

/** With what `kiln role` is told of it. */
function principalOf(token: string): { assignee: string; described: string } {
  const claims = decodeJwt<{ oid?: string; upn?: string; unique_name?: string; appid?: string }>(token);
  const { oid = 'unknown', appid = 'unknown' } = claims;
  const person = claims.upn ?? claims.unique_name;
  return {
    assignee: `--assignee ${oid}${person === undefined ? '' : ' --assignee-type User'}`,
    described: `${person ?? `application ${appid}`}, object id ${oid}`,
  };
}

async function lookAtSubscription({ endpoint }: AzureEnvironment, id: string, token: string): Promise<Finding> {
  const todo = 'check AZURE_SUBSCRIPTION_ID, and that a role of the credential reaches the subscription';
  try {
    const url = `${endpoint.replace(/\/$/, '')}/subscriptions/${id}?api-version=2022-12-01`;
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(30_000),
    });
    const body = (await answer.json()) as {
      displayName?: string;
      state?: string;
      error?: { code?: string; message?: string };
    };
    // Whoever has a role on groups only may not read the subscription.
    if (answer.status === 403) return finding('subscription', 'note', `${id} may not be read, which no build needs`);
    if (!answer.ok) return finding('subscription', 'missing', `${id}: ${body.error?.message ?? answer.status}`, todo);
    if (body.state !== 'Enabled') return finding('subscription', 'missing', `${id} is ${body.state}`, 'enable it');
    return finding('subscription', 'ok', `${id}, ${body.displayName ?? 'without a name'}`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return finding('subscription', 'missing', `${endpoint} cannot be reached: ${reasonOf(cause)}`);
  }
}

function lookAtProviders(azure: Azure, subscriptionId: string): Promise<Finding[]> {
  const { providers } = azure.clients(subscriptionId).resources;
  return Promise.all(
    PROVIDERS.map(async (namespace) => {
      try {
        const { registrationState = 'unknown' } = await providers.get(namespace);
        if (registrationState === 'Registered') return finding(namespace, 'ok', 'registered');
        const state = registrationState === 'Registering' ? 'note' : 'missing';
        return finding(namespace, state, registrationState, `az provider register --namespace ${namespace} --wait`);
      } catch (error) {
        const todo = `az provider show --namespace ${namespace} --query registrationState, by somebody who may`;
        return finding(namespace, 'note', `it is not known whether it is registered: ${whyNot(error)}`, todo);
      }
    }),
  );
}

/** Azure's own words for it name a client and a scope, which are known here. */
const whyNot = (error: unknown): string =>
  azureDetail(error).statusCode === 403 ? 'this credential may not ask' : reasonOf(error);

async function lookAtPermissions(azure: Azure, { plans, what }: Asked, assignee: string): Promise<Finding[]> {
  try {
    const missing = (await Promise.all(plans.map((plan) => missingPermissions(azure, plan)))).flat();
    if (missing.length === 0) return [finding('permissions', 'ok', `all that ${what} needs`)];
    const todo = `kiln role FILE ${assignee} | bash, by somebody who may assign roles`;
    return missing.map((lack) =>
      finding('permissions', 'missing', describeLack(lack).replace(/^the worker's credential /, ''), todo),
    );
  } catch (error) {
    return [finding('permissions', 'note', `they cannot be asked for: ${reasonOf(error)}`)];
  }
}

async function lookAtQuota(azure: Azure, plans: BuildPlan[]): Promise<Finding[]> {
  const wanted = new Map(
    plans.map(({ template, machine }) => {
      const size = machine.vmSize ?? defaultVmSize('V2');
      return [`${template.location} ${size}`, { ...template, size }];
    }),
  );
  return Promise.all(
    [...wanted.values()].map(async ({ subscriptionId, location, size }) => {
      try {
        return await quotaFor(azure, { subscriptionId, location, size });
      } catch (error) {
        return finding(`quota in ${location}`, 'note', `it cannot be asked for: ${whyNot(error)}`);
      }
    }),
  );
}

/** Cores of the region and of the size's family. */
async function quotaFor(
  azure: Azure,
  { subscriptionId, location, size }: { subscriptionId: string; location: string; size: string },
): Promise<Finding> {
  const { compute } = azure.clients(subscriptionId);
  const check = `quota in ${location}`;
  let family: string | undefined;
  let cores: number | undefined;
  for await (const sku of compute.resourceSkus.list({ filter: `location eq '${location}'` })) {
    const { resourceType, name, capabilities = [], locations = [] } = sku;
    if (resourceType !== 'virtualMachines' || name?.toLowerCase() !== size.toLowerCase()) continue;
    if (!locations.some((one) => one.toLowerCase() === location)) continue;
    family = sku.family;
    cores = Number(capabilities.find((one) => one.name === 'vCPUs')?.value ?? 1);
  }
  if (cores === undefined) {
    return finding(
      check,
      'missing',
      `${size} is not offered there`,
      'another size by vmProfile.vmSize, or another region',
    );
  }
  for await (const { name, currentValue, limit } of compute.usage.list(location)) {
    const counts =
      name.value === 'cores' || (family !== undefined && name.value?.toLowerCase() === family.toLowerCase());
    if (!counts || currentValue + cores <= limit) continue;
    const found = `${size} needs ${cores} cores, ${currentValue} of ${limit} of ${name.localizedValue ?? name.value} are in use`;
    return finding(check, 'missing', found, 'ask for more at https://aka.ms/quota, or use another size or region');
  }
  return finding(check, 'ok', `room for the ${cores} cores of ${size}`);
}
