/**
 * Image versions and their replication. Each region goes through Replicating to Completed over the operation's time.
 *
 * A failing region can be had on purpose: the tag `local-azure-fail-region: northeurope:2` on the image definition
 * lets the first two replications of a version to that region fail with `Storage allocation failure`.
 */
import {
  ArmError,
  type ArmRequest,
  type AsyncForm,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { isRegion, normalizeRegion, regionDisplayName, requireRegion } from '../../regions.ts';
import { copyOf, osDiskOf, requireGeneralized, resolveImage, type ImageSource } from './image-sources.ts';
import {
  acceptWrite,
  contentKey,
  deleteRoute,
  GROUP_PATH,
  idIn,
  invalid,
  list,
  object,
  propertiesOf,
  refuseWhileBusy,
  text,
  TYPES,
  uniqueId,
  update,
} from './shared.ts';

const FORM: AsyncForm = { segment: 'capsOperations', headers: 'azure-async', retryAfter: 60 };
const DELETE: AsyncForm = { segment: 'capsOperations', headers: 'both', retryAfter: 60 };
const VERSIONS = `${GROUP_PATH}/providers/Microsoft.Compute/galleries/{gallery}/images/{image}/versions`;
const PATH = `${VERSIONS}/{version}`;
const UPDATE = `${TYPES.version}/update`;
const FAULT_TAG = 'local-azure-fail-region';

export function imageVersionRoutes(services: Services): Route[] {
  const { store } = services;
  return [
    { method: 'PUT', path: PATH, handle: (request) => writeVersion(services, request) },
    {
      method: 'PATCH',
      path: PATH,
      handle: (request) => {
        const version = requireResource(store, request.id);
        const properties = { ...propertiesOf(version), ...object(request.body?.['properties']) };
        return writeVersion(services, { ...request, body: { ...version.body, ...request.body, properties } });
      },
    },
    {
      method: 'GET',
      path: PATH,
      handle: ({ id, query }) => ({
        status: 200,
        body: show(
          services,
          requireResource(store, id),
          (query.get('$expand') ?? '').toLowerCase() === 'replicationstatus',
        ),
      }),
    },
    {
      method: 'GET',
      path: VERSIONS,
      handle: ({ id }) => ({
        status: 200,
        body: {
          value: store
            .list({ type: TYPES.version, under: id.slice(0, -'/versions'.length) })
            .map((version) => show(services, version, false)),
        },
      }),
    },
    deleteRoute(services, TYPES.version, PATH, DELETE, (version) => refuseWhileBusy(services, version)),
  ];
}

function writeVersion(services: Services, request: ArmRequest) {
  const definition = requireResource(services.store, request.id.split('/').slice(0, -2).join('/'));
  const existing = services.store.get(request.id);
  const location = requireRegion(request.body?.['location'], TYPES.version);
  const sent = object(request.body?.['properties']);
  const name = request.params['version'] ?? '';
  if (!/^\d+\.\d+\.\d+$/.test(name)) {
    throw invalid(
      'galleryImageVersion.name',
      `The value '${name}' of parameter 'galleryImageVersionName' is invalid: expected Major.Minor.Patch.`,
    );
  }
  const regions = targetRegions(sent, location);
  const sourceId = sourceIdOf(sent);
  if (existing !== undefined) {
    refuseWhileBusy(services, existing);
    if (sourceId !== undefined && sourceId.toLowerCase() !== text(existing.hidden['sourceId'])) {
      throw new ArmError(
        409,
        'PropertyChangeNotAllowed',
        "Changing property 'galleryImageVersion.properties.storageProfile.source' is not allowed.",
        'galleryImageVersion.properties.storageProfile.source',
      );
    }
    const { publishingProfile, safetyProfile } = sent;
    return acceptWrite(services, request, {
      type: TYPES.version,
      location,
      kind: UPDATE,
      properties: {
        ...propertiesOf(existing),
        ...(safetyProfile === undefined ? {} : { safetyProfile }),
        publishingProfile: {
          ...object(propertiesOf(existing)['publishingProfile']),
          ...object(publishingProfile),
          targetRegions: regions,
        },
        provisioningState: 'Updating',
      },
      hidden: { states: keepStates(object(existing.hidden['states']), regions) },
      form: FORM,
      status: 200,
    });
  }
  const source = sourceOf(services, sent, location);
  const wanted = propertiesOf(definition)['hyperVGeneration'] ?? 'V1';
  if (source.generation !== wanted) {
    throw new ArmError(
      409,
      'Conflict',
      `The resource is of Hypervisor generation '${source.generation}' and the gallery image definition of '${text(wanted)}'.`,
    );
  }
  const osType = propertiesOf(definition)['osType'];
  if (source.osType !== osType) {
    throw new ArmError(
      409,
      'Conflict',
      `The resource holds ${source.osType} and the gallery image definition is for '${text(osType)}'.`,
    );
  }
  const profile = object(sent['publishingProfile']);
  return acceptWrite(services, request, {
    type: TYPES.version,
    location,
    properties: {
      publishingProfile: {
        excludeFromLatest: false,
        replicaCount: 1,
        storageAccountType: 'Standard_LRS',
        replicationMode: 'Full',
        ...profile,
        targetRegions: regions,
        publishedDate: services.now().toISOString(),
      },
      storageProfile: {
        ...object(sent['storageProfile']),
        osDiskImage: {
          hostCaching: 'ReadWrite',
          ...object(object(sent['storageProfile'])['osDiskImage']),
          sizeInGB: source.sizeGB,
        },
      },
      safetyProfile: { allowDeletionOfReplicatedLocations: true, reportedForPolicyViolation: false },
      provisioningState: 'Creating',
    },
    hidden: {
      key: contentKey('version', uniqueId()),
      sourceId: (sourceId ?? '').toLowerCase(),
      source: source as unknown as JsonObject,
      osType: source.osType,
      sizeGB: source.sizeGB,
      states: {},
      faults: faultsOf(definition),
    },
    form: FORM,
    status: 201,
  });
}

function targetRegions(sent: JsonObject, location: string): JsonObject[] {
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
      `The gallery image version's location '${location}' must be among its target regions.`,
    );
  }
  return named.map((region) => ({
    regionalReplicaCount: 1,
    storageAccountType: 'Standard_LRS',
    ...region,
    name: regionDisplayName(region.name),
  }));
}

function sourceIdOf(sent: JsonObject): string | undefined {
  const { source, osDiskImage } = object(sent['storageProfile']);
  const machineId = object(source)['virtualMachineId'];
  return typeof machineId === 'string' ? machineId : (idIn(source) ?? idIn(object(osDiskImage)['source']));
}

function sourceOf(services: Services, sent: JsonObject, location: string): ImageSource {
  const target = 'galleryImageVersion.properties.storageProfile';
  const id = sourceIdOf(sent);
  if (id === undefined)
    throw invalid(target, "A gallery image version needs a source: 'source' or 'osDiskImage.source'.");
  const found = services.store.get(id);
  if (found?.type !== TYPES.machine) return resolveImage(services, { id }, target, location);
  const disk = osDiskOf(services, requireGeneralized(services, id, target));
  if (disk === undefined) throw invalid(target, 'The source virtual machine has no OS disk.');
  return resolveImage(services, { id: disk.id }, target, location);
}

function faultsOf({ body }: StoredResource): JsonObject {
  const [region = '', times = '1'] = text(object(body['tags'])[FAULT_TAG]).split(':');
  return region === '' ? {} : { [normalizeRegion(region)]: Number(times) };
}

/** Regions that stay in the set stay as they are; those that come back begin anew. */
function keepStates(states: JsonObject, regions: JsonObject[]): JsonObject {
  const names = new Set(regions.map(({ name }) => normalizeRegion(text(name))));
  return Object.fromEntries(Object.entries(states).filter(([name]) => names.has(name))) as JsonObject;
}

const regionNames = (version: StoredResource): string[] =>
  list(object(propertiesOf(version)['publishingProfile'])['targetRegions']).map(({ name }) =>
    normalizeRegion(text(name)),
  );

function show(services: Services, version: StoredResource, expanded: boolean): JsonObject {
  if (!expanded) return version.body;
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
  return { ...version.body, properties: { ...propertiesOf(version), replicationStatus: { aggregatedState, summary } } };
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
