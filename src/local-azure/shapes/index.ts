/** Which shape a body has, by its resource type and, where something is asked of a resource, by the verb. */
import type { JsonObject } from '../core.ts';
import { assignment, roleDefinition } from './authorization.ts';
import { disk, grantAccess, image, snapshot } from './compute-disks.ts';
import { application, definition, gallery, sharing, version } from './compute-galleries.ts';
import { availabilitySet, diskAccess, encryptionSet, placementGroup } from './compute-placements.ts';
import { extension, machine, runCommand, runCommandAction } from './compute-machines.ts';
import { federated, userAssigned } from './identity.ts';
import {
  applicationGroup,
  natGateway,
  network,
  networkInterface,
  peering,
  publicIp,
  publicIpPrefix,
  route,
  routeTable,
  securityGroup,
  securityRule,
  subnet,
} from './network.ts';
import { deployment, group, link, lock, tags, templateExport } from './resources.ts';
import { fit, type ObjectShape } from './shape.ts';
import {
  blobService,
  container,
  fileService,
  immutability,
  lease,
  legalHold,
  managementPolicy,
  queue,
  queueService,
  share,
  table,
  tableService,
} from './storage-services.ts';
import { account, accountSignature, nameToCheck, regeneration, serviceSignature } from './storage.ts';
import { refusalOf } from './wording.ts';

export interface Known {
  shape: ObjectShape;
  /** What Microsoft.Compute puts before a target. */
  word?: string;
}

/** By type in lower case. */
export const SHAPES: Record<string, Known> = {
  'microsoft.compute/disks': { shape: disk, word: 'disk' },
  'microsoft.compute/snapshots': { shape: snapshot, word: 'snapshot' },
  'microsoft.compute/images': { shape: image, word: 'image' },
  'microsoft.compute/diskencryptionsets': { shape: encryptionSet, word: 'diskEncryptionSet' },
  'microsoft.compute/diskaccesses': { shape: diskAccess, word: 'diskAccess' },
  'microsoft.compute/virtualmachines': { shape: machine, word: 'vm' },
  'microsoft.compute/virtualmachines/extensions': { shape: extension, word: 'extension' },
  'microsoft.compute/virtualmachines/runcommands': { shape: runCommand, word: 'runCommand' },
  'microsoft.compute/galleries': { shape: gallery, word: 'gallery' },
  'microsoft.compute/galleries/images': { shape: definition, word: 'galleryImage' },
  'microsoft.compute/galleries/images/versions': { shape: version, word: 'galleryImageVersion' },
  'microsoft.compute/galleries/applications': { shape: application, word: 'galleryApplication' },
  'microsoft.compute/availabilitysets': { shape: availabilitySet, word: 'availabilitySet' },
  'microsoft.compute/proximityplacementgroups': { shape: placementGroup, word: 'proximityPlacementGroup' },
  'microsoft.network/virtualnetworks': { shape: network },
  'microsoft.network/virtualnetworks/subnets': { shape: subnet },
  'microsoft.network/virtualnetworks/virtualnetworkpeerings': { shape: peering },
  'microsoft.network/applicationsecuritygroups': { shape: applicationGroup },
  'microsoft.network/routetables': { shape: routeTable },
  'microsoft.network/routetables/routes': { shape: route },
  'microsoft.network/natgateways': { shape: natGateway },
  'microsoft.network/networksecuritygroups': { shape: securityGroup },
  'microsoft.network/networksecuritygroups/securityrules': { shape: securityRule },
  'microsoft.network/publicipaddresses': { shape: publicIp },
  'microsoft.network/publicipprefixes': { shape: publicIpPrefix },
  'microsoft.network/networkinterfaces': { shape: networkInterface },
  'microsoft.storage/storageaccounts': { shape: account },
  'microsoft.storage/storageaccounts/blobservices': { shape: blobService },
  'microsoft.storage/storageaccounts/blobservices/containers': { shape: container },
  'microsoft.storage/storageaccounts/blobservices/containers/immutabilitypolicies': { shape: immutability },
  'microsoft.storage/storageaccounts/fileservices': { shape: fileService },
  'microsoft.storage/storageaccounts/fileservices/shares': { shape: share },
  'microsoft.storage/storageaccounts/queueservices': { shape: queueService },
  'microsoft.storage/storageaccounts/queueservices/queues': { shape: queue },
  'microsoft.storage/storageaccounts/tableservices': { shape: tableService },
  'microsoft.storage/storageaccounts/tableservices/tables': { shape: table },
  'microsoft.storage/storageaccounts/managementpolicies': { shape: managementPolicy },
  'microsoft.managedidentity/userassignedidentities': { shape: userAssigned },
  'microsoft.managedidentity/userassignedidentities/federatedidentitycredentials': { shape: federated },
  'microsoft.authorization/roleassignments': { shape: assignment },
  'microsoft.authorization/roledefinitions': { shape: roleDefinition },
  'microsoft.authorization/locks': { shape: lock },
  'microsoft.resources/resourcegroups': { shape: group },
  'microsoft.resources/tags': { shape: tags },
  'microsoft.resources/deployments': { shape: deployment },
  'microsoft.resources/links': { shape: link },
};

/** What of an answered body somebody would have to write to have the resource again. */
export function writtenBody(type: string, body: JsonObject): JsonObject {
  const known = SHAPES[type.toLowerCase()];
  if (known !== undefined) return fit(known.shape, body, false).body;
  const { provisioningState: _state, ...properties } = (body['properties'] ?? {}) as JsonObject;
  return { ...body, properties };
}

/** By type and verb in lower case; the verbs that are not here take no body. */
export const ACTIONS: Record<string, Known> = {
  'microsoft.compute/disks/begingetaccess': { shape: grantAccess, word: 'grantAccessData' },
  'microsoft.compute/snapshots/begingetaccess': { shape: grantAccess, word: 'grantAccessData' },
  'microsoft.compute/virtualmachines/runcommand': { shape: runCommandAction, word: 'runCommandInput' },
  'microsoft.compute/galleries/share': { shape: sharing, word: 'sharingUpdate' },
  'microsoft.storage/storageaccounts/listaccountsas': { shape: accountSignature },
  'microsoft.storage/storageaccounts/listservicesas': { shape: serviceSignature },
  'microsoft.storage/storageaccounts/blobservices/containers/setlegalhold': { shape: legalHold },
  'microsoft.storage/storageaccounts/blobservices/containers/clearlegalhold': { shape: legalHold },
  'microsoft.storage/storageaccounts/blobservices/containers/lease': { shape: lease },
  'microsoft.storage/storageaccounts/blobservices/containers/immutabilitypolicies/extend': { shape: immutability },
  'microsoft.storage/storageaccounts/regeneratekey': { shape: regeneration },
  'microsoft.storage/checknameavailability': { shape: nameToCheck },
  'microsoft.resources/deployments/validate': { shape: deployment },
  'microsoft.resources/resourcegroups/exporttemplate': { shape: templateExport },
};

/** The body of a PUT or PATCH as it is to be kept. Throws ArmError 400 for the first thing in it that the type does not take. */
export function fitBody(type: string, body: JsonObject, method: string): JsonObject {
  const known = SHAPES[type.toLowerCase()];
  return known === undefined ? body : held(type, known, body, method === 'PUT', true);
}

/** The body of a POST, likewise; one that needs a body and has none lacks all that it needs. */
export function fitAction(type: string, verb: string, body: JsonObject | undefined): JsonObject | undefined {
  const known = ACTIONS[`${type}/${verb}`.toLowerCase()];
  if (known === undefined) return body;
  return held(type, known, body ?? {}, true, 'properties' in known.shape.properties);
}

function held(type: string, known: Known, body: JsonObject, whole: boolean, isResource: boolean): JsonObject {
  const { body: kept, misfit } = fit(known.shape, body, whole);
  if (misfit === undefined) return kept;
  throw refusalOf(misfit, { type, body, isResource, word: known.word ?? '' });
}
