/** Image versions. Each of their regions goes through Replicating to Completed over the operation's time. */
import { azureTime } from '../../azure-time.ts';
import { ArmError, type ArmRequest, type AsyncForm, type JsonObject, type Route, type Services } from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { requireRegion } from '../../regions.ts';
import {
  acceptWrite,
  contentKey,
  deleteRoute,
  GALLERIES_NOTIFY,
  GROUP_PATH,
  object,
  propertiesOf,
  refuseWhileBusy,
  text,
  TYPES,
  uniqueId,
} from './shared.ts';
import { faultsOf, keepStates, showReplication, showVersion, targetRegions, UPDATE } from './version-regions.ts';
import { requireName } from './names.ts';
import { versionDataDisks } from './image-data-disks.ts';
import { sourceIdOf, sourceOf } from './version-sources.ts';

const FORM: AsyncForm = {
  segment: 'capsOperations',
  headers: 'azure-async',
  retryAfter: 60,
  notifiesSince: GALLERIES_NOTIFY,
};
const DELETE: AsyncForm = { ...FORM, headers: 'both' };
const VERSIONS = `${GROUP_PATH}/providers/Microsoft.Compute/galleries/{gallery}/images/{image}/versions`;
const PATH = `${VERSIONS}/{version}`;

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
      handle: ({ id, query, apiVersion }) => {
        const version = requireResource(store, id);
        const expanded = (query.get('$expand') ?? '').toLowerCase() === 'replicationstatus';
        const body = expanded ? showReplication(services, version, apiVersion) : showVersion(version, apiVersion);
        return { status: 200, body };
      },
    },
    {
      method: 'GET',
      path: VERSIONS,
      handle: ({ id, apiVersion }) => ({
        status: 200,
        body: {
          value: store
            .list({ type: TYPES.version, under: id.slice(0, -'/versions'.length) })
            .map((version) => showVersion(version, apiVersion)),
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
  requireName(TYPES.version, request.params['version'] ?? '');
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
      answer: (version) => showVersion(version, request.apiVersion),
    });
  }
  const source = sourceOf(services, sent, location);
  const wanted = propertiesOf(definition)['hyperVGeneration'] ?? 'V1';
  if (source.blank !== true && source.generation !== wanted) {
    throw new ArmError(
      409,
      'Conflict',
      `The resource is of Hypervisor generation '${source.generation}' and the gallery image definition of '${text(wanted)}'.`,
    );
  }
  const osType = propertiesOf(definition)['osType'];
  if (source.blank !== true && source.osType !== osType) {
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
        publishedDate: azureTime(services.now()),
      },
      storageProfile: {
        ...object(sent['storageProfile']),
        osDiskImage: {
          hostCaching: 'ReadWrite',
          ...object(object(sent['storageProfile'])['osDiskImage']),
          sizeInGB: source.sizeGB,
        },
        ...versionDataDisks(source),
      },
      safetyProfile: {
        reportedForPolicyViolation: false,
        allowDeletionOfReplicatedLocations: false,
        ...object(sent['safetyProfile']),
      },
      provisioningState: 'Creating',
    },
    hidden: {
      key: contentKey('version', uniqueId()),
      sourceId: (sourceId ?? '').toLowerCase(),
      source: source as unknown as JsonObject,
      osType: source.osType,
      sizeGB: source.sizeGB,
      ...(source.dataDisks === undefined ? {} : { dataDisks: source.dataDisks as unknown as JsonObject[] }),
      states: {},
      faults: faultsOf(definition),
    },
    form: FORM,
    status: 201,
    answer: (version) => showVersion(version, request.apiVersion),
  });
}
