/** A machine's body: the profiles with what Azure fills in, and what of it an api-version shows. */
import { type JsonObject, LOCAL_TENANT, type Services, type StoredResource } from '../../core.ts';
import { guidFrom } from '../../guid.ts';
import { list, object, propertiesOf, text, TYPES } from './shared.ts';

/** Of Linux and Windows machines, where nothing else was asked for. */
const CONFIGURATIONS = {
  Linux: {
    disablePasswordAuthentication: false,
    provisionVMAgent: true,
    patchSettings: { patchMode: 'ImageDefault', assessmentMode: 'ImageDefault' },
    enableVMAgentPlatformUpdates: false,
  },
  Windows: {
    provisionVMAgent: true,
    enableAutomaticUpdates: true,
    patchSettings: { patchMode: 'AutomaticByOS', assessmentMode: 'ImageDefault' },
    enableVMAgentPlatformUpdates: false,
  },
};

/** The profile as it is kept: a password never is, nor custom data, so that they can never be answered. */
export function osProfileOf(sent: JsonObject, osType: 'Linux' | 'Windows', machineName: string): JsonObject {
  const { adminPassword: _secret, customData: _data, ...profile } = sent;
  const key = osType === 'Windows' ? 'windowsConfiguration' : 'linuxConfiguration';
  return {
    computerName: machineName,
    ...profile,
    [key]: { ...CONFIGURATIONS[osType], ...object(profile[key]) },
    secrets: profile['secrets'] ?? [],
    allowExtensionOperations: profile['allowExtensionOperations'] ?? true,
    requireGuestProvisionSignal: profile['requireGuestProvisionSignal'] ?? true,
  };
}

/** Sizes with an s after the number take Premium disks. */
export function defaultStorageOf(vmSize: string): string {
  return /^Standard_([A-Z]+\d+[a-z]*s|[A-Z]S\d+)/.test(vmSize) ? 'Premium_LRS' : 'Standard_LRS';
}

/** The machine with its extensions, less what older versions of the API do not know. */
export function showMachine({ store }: Services, machine: StoredResource, apiVersion: string): JsonObject {
  const { timeCreated, ...properties } = propertiesOf(machine);
  const storage = object(properties['storageProfile']);
  const { diskControllerType, osDisk, dataDisks } = storage;
  const extensions = store.list({ type: TYPES.extension, under: machine.id });
  const { identity, ...body } = machine.body;
  const none = /^none$/i.test(text(object(identity)['type']));
  return {
    ...body,
    ...(identity === undefined || none ? {} : { identity }),
    ...(extensions.length === 0 ? {} : { resources: extensions.map(({ body }) => body) }),
    properties: {
      ...properties,
      ...(properties['osProfile'] === undefined
        ? {}
        : { osProfile: showOsProfile(object(properties['osProfile']), apiVersion) }),
      storageProfile: {
        ...withoutKey(storage, 'diskControllerType'),
        ...(diskControllerType === undefined || apiVersion < '2023-03-01' ? {} : { diskControllerType }),
        osDisk: showDisk(object(osDisk), machine, apiVersion),
        dataDisks: list(dataDisks).map((disk) => showDisk(disk, machine, apiVersion)),
      },
      ...(timeCreated === undefined || apiVersion < '2021-11-01' ? {} : { timeCreated }),
    },
  };
}

function showOsProfile(profile: JsonObject, apiVersion: string): JsonObject {
  const shown = { ...profile };
  for (const key of ['linuxConfiguration', 'windowsConfiguration']) {
    if (profile[key] === undefined) continue;
    const { patchSettings, enableVMAgentPlatformUpdates, ...configuration } = object(profile[key]);
    const { assessmentMode, ...patching } = object(patchSettings);
    shown[key] = {
      ...configuration,
      ...(patchSettings === undefined || apiVersion < '2020-06-01'
        ? {}
        : {
            patchSettings: apiVersion < '2021-03-01' ? patching : { ...patching, assessmentMode: assessmentMode ?? '' },
          }),
      ...(enableVMAgentPlatformUpdates === undefined || apiVersion < '2022-03-01'
        ? {}
        : { enableVMAgentPlatformUpdates }),
    };
  }
  return shown;
}

/** While the machine is being made, its disks have no id yet, nor a name that Azure makes up. */
function showDisk(disk: JsonObject, machine: StoredResource, apiVersion: string): JsonObject {
  const creating = propertiesOf(machine)['provisioningState'] === 'Creating' && disk['createOption'] !== 'Attach';
  const { deleteOption, name, managedDisk, ...rest } = disk;
  const { id, ...storage } = object(managedDisk);
  const madeUp = creating && /_(OsDisk_|disk)\d+_[0-9a-f]{32}$/.test(text(name));
  // As recorded until then: the group of a disk that was made with the machine is named in capitals.
  const capital = apiVersion < '2020-12-01' && disk['createOption'] !== 'Attach' ? inCapitals(text(id)) : text(id);
  return {
    ...rest,
    ...(name === undefined || madeUp ? {} : { name }),
    managedDisk: { ...storage, ...(creating || id === undefined ? {} : { id: capital }) },
    ...(deleteOption === undefined || apiVersion < '2021-03-01' ? {} : { deleteOption }),
  };
}

const inCapitals = (id: string): string => id.replace(/(?<=\/resourceGroups\/)[^/]+/i, (group) => group.toUpperCase());

function withoutKey(from: JsonObject, key: string): JsonObject {
  const { [key]: _left, ...rest } = from;
  return rest;
}

/** The identities with the ids that Azure gives them. */
export function identityOf({ store }: Services, sent: JsonObject, machineId: string): JsonObject {
  const users = Object.keys(object(sent['userAssignedIdentities'])).map((id): [string, JsonObject] => {
    const { principalId, clientId } = object(store.get(id)?.body['properties']);
    return [id, principalId === undefined ? {} : { principalId, clientId: clientId ?? '' }];
  });
  const system = /SystemAssigned/i.test(text(sent['type']));
  return {
    ...(system ? { principalId: guidFrom(`principal ${machineId}`), tenantId: LOCAL_TENANT } : {}),
    ...sent,
    ...(users.length === 0 ? {} : { userAssignedIdentities: Object.fromEntries(users) }),
  };
}
