/**
 * The regions of an image version, and how far its replication to each has come.
 *
 * A failing region can be had on purpose: the tag `local-azure-fail-region: northeurope:2` on the image definition
 * lets the first two replications of a version to that region fail with `Storage allocation failure`.
 */
import { ArmError, type JsonObject, type Services, type StoredResource } from '../../core.ts';
import { isRegion, normalizeRegion, regionDisplayName } from '../../regions.ts';
import { copyOf, type ImageSource } from './image-sources.ts';
import { requireWithin } from './names.ts';
import { invalid, list, object, propertiesOf, text, TYPES, update } from './shared.ts';

export const UPDATE = `${TYPES.version}/update`;
const MOST_REPLICAS = 100;
const FAULT_TAG = 'local-azure-fail-region';

export function targetRegions(sent: JsonObject, location: string): JsonObject[] {
  const profile = object(sent['publishingProfile']);
  const regions = list(profile['targetRegions']);
  const named = regions.map((region) => ({ ...region, name: normalizeRegion(text(region['name'])) }));
  const unknown = named.find(({ name }) => !isRegion(name));
  if (unknown !== undefined) {
    throw new ArmError(400, 'InvalidParameter', `The target region '${unknown.name}' is not known.`, 'targetRegions');
  }
  if (named.length === 0) named.push({ name: location });
  if (!named.some(({ name }) => name === location)) {
    throw invalid(
      'targetRegions',
      `Gallery image version publishing profile regions '${named.map(({ name }) => name).join(', ')}' must contain the location of image version '${location}'.`,
    );
  }
  if (new Set(named.map(({ name }) => name)).size < named.length) {
    throw invalid('targetRegions', 'Duplicate regions are not allowed in target publishing regions.');
  }
  const parameter = 'galleryArtifactVersion.properties.publishingProfile';
  requireWithin(`${parameter}.replicaCount`, profile['replicaCount'], 1, MOST_REPLICAS);
  for (const region of regions) {
    requireWithin(`${parameter}.targetRegions.regionalReplicaCount`, region['regionalReplicaCount'], 1, MOST_REPLICAS);
  }
  return named.map((region) => ({
    regionalReplicaCount: 1,
    storageAccountType: 'Standard_LRS',
    ...region,
    name: regionDisplayName(region.name),
  }));
}

export function faultsOf({ body }: StoredResource): JsonObject {
  const [region = '', times = '1'] = text(object(body['tags'])[FAULT_TAG]).split(':');
  return region === '' ? {} : { [normalizeRegion(region)]: Number(times) };
}

/** Regions that stay in the set stay as they are; those that come back begin anew. */
export function keepStates(states: JsonObject, regions: JsonObject[]): JsonObject {
  const names = new Set(regions.map(({ name }) => normalizeRegion(text(name))));
  return Object.fromEntries(Object.entries(states).filter(([name]) => names.has(name))) as JsonObject;
}

const regionNames = (version: StoredResource): string[] =>
  list(object(propertiesOf(version)['publishingProfile'])['targetRegions']).map(({ name }) =>
    normalizeRegion(text(name)),
  );

/** The version as an api-version shows it; the size of its disk is known once it is made. */
export function showVersion({ body }: StoredResource, apiVersion: string): JsonObject {
  const { safetyProfile, ...properties } = object(body['properties']);
  const { replicationMode, ...publishing } = object(properties['publishingProfile']);
  const storage = object(properties['storageProfile']);
  const { sizeInGB, ...osDiskImage } = object(storage['osDiskImage']);
  const creating = properties['provisioningState'] === 'Creating';
  return {
    ...body,
    properties: {
      ...properties,
      ...(safetyProfile === undefined || apiVersion < '2021-10-01' ? {} : { safetyProfile }),
      publishingProfile: {
        ...publishing,
        ...(replicationMode === undefined || apiVersion < '2022-08-03' ? {} : { replicationMode }),
      },
      storageProfile: {
        ...storage,
        osDiskImage: { ...osDiskImage, ...(creating || sizeInGB === undefined ? {} : { sizeInGB }) },
      },
    },
  };
}

/** With how far its replication has come. */
export function showReplication(services: Services, version: StoredResource, apiVersion: string): JsonObject {
  const shown = showVersion(version, apiVersion);
  const [pending] = services.operations.pending(version.id);
  const elapsed = pending === undefined ? 0 : services.now().getTime() - Date.parse(pending.startTime);
  const duration = pending === undefined ? 1 : Math.max(1, services.profile.duration(pending.kind));
  const states = object(version.hidden['states']);
  const summary = regionNames(version).map((name): JsonObject => {
    const state = text(states[name]);
    const common = { region: regionDisplayName(name), details: '' };
    if (state === 'Completed') return { ...common, state, progress: 100 };
    if (state === 'Failed') return { ...common, state, progress: 0, details: 'Storage allocation failure' };
    return { ...common, state: 'Replicating', progress: Math.min(99, Math.floor((100 * elapsed) / duration)) };
  });
  const every = (state: string): boolean => summary.every((region) => region['state'] === state);
  const aggregatedState = every('Completed')
    ? 'Completed'
    : summary.some((region) => region['state'] === 'Replicating')
      ? 'InProgress'
      : 'Failed';
  return { ...shown, properties: { ...object(shown['properties']), replicationStatus: { aggregatedState, summary } } };
}

/** As recorded: a gallery reads a disk or snapshot by a signed address, and leaves it open. */
function lendSource(services: Services, sourceId: string): void {
  const source = services.store.get(sourceId);
  if (source?.type !== TYPES.disk && source?.type !== TYPES.snapshot) return;
  if (propertiesOf(source)['diskState'] === 'Unattached') {
    update(services, source.id, { properties: { diskState: 'ActiveSAS' } });
  }
}

export function registerImageVersionOperations(services: Services): void {
  const replicate = async (resourceId: string): Promise<void> => {
    const version = services.store.get(resourceId);
    if (version === undefined) return;
    if (version.hidden['content'] === undefined) {
      const content = await copyOf(
        services,
        version.hidden['source'] as unknown as ImageSource,
        text(version.hidden['key']),
      );
      update(services, resourceId, { hidden: { content } });
      lendSource(services, text(version.hidden['sourceId']));
    }
    const states = { ...object(version.hidden['states']) };
    const faults = { ...object(version.hidden['faults']) };
    for (const name of regionNames(version)) {
      if (states[name] === 'Completed') continue;
      const left = Number(faults[name] ?? 0);
      states[name] = left > 0 ? 'Failed' : 'Completed';
      if (left > 0) faults[name] = left - 1;
    }
    const failed = Object.keys(states).filter((name) => states[name] === 'Failed');
    update(services, resourceId, {
      properties: { provisioningState: failed.length > 0 ? 'Failed' : 'Succeeded' },
      hidden: { states, faults },
    });
    if (failed.length > 0) {
      throw new ArmError(
        409,
        'ReplicationJobsFailed',
        `Replication failed in ${failed.join(', ')}: Storage allocation failure.`,
      );
    }
  };
  services.operations.register(`${TYPES.version}/write`, ({ resourceId }) => replicate(resourceId));
  services.operations.register(UPDATE, ({ resourceId }) => replicate(resourceId));
  services.operations.register(`${TYPES.version}/delete`, async ({ resourceId }) => {
    const version = services.store.get(resourceId);
    const content = version?.hidden['content'];
    if (typeof content === 'string') await services.machines.releaseContent(content);
    services.store.delete(resourceId);
  });
}
