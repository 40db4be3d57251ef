/** Bodies of virtual machines and their run commands. */
import { resource } from './envelope.ts';
import { answered, any, choice, flag, list, object, reference, text, whole } from './shape.ts';

const STORAGE = 'Standard_LRS Premium_LRS StandardSSD_LRS UltraSSD_LRS Premium_ZRS StandardSSD_ZRS PremiumV2_LRS';
const CACHING = 'None ReadOnly ReadWrite';
const CREATE = 'FromImage Empty Attach Copy Restore';
const DELETE = 'Delete Detach';

const managedDisk = object({
  id: text,
  storageAccountType: choice(STORAGE),
  diskEncryptionSet: reference,
  securityProfile: any,
  additionalDiskProperties: any,
});
const diskOfMachine = {
  name: text,
  vhd: any,
  image: any,
  caching: choice(CACHING),
  writeAcceleratorEnabled: flag,
  createOption: choice(CREATE),
  diskSizeGB: whole(1, 65_536),
  managedDisk,
  deleteOption: choice(DELETE),
};
const storageProfile = object({
  imageReference: object({
    id: text,
    publisher: text,
    offer: text,
    sku: text,
    version: text,
    exactVersion: answered,
    sharedGalleryImageId: text,
    communityGalleryImageId: text,
  }),
  osDisk: object(
    {
      ...diskOfMachine,
      osType: choice('Windows Linux'),
      encryptionSettings: any,
      diffDiskSettings: any,
      storageFaultDomainAlignment: any,
    },
    ['createOption'],
  ),
  dataDisks: list(
    object(
      {
        ...diskOfMachine,
        lun: whole(0),
        toBeDetached: flag,
        detachOption: text,
        sourceResource: reference,
        diskIOPSReadWrite: any,
        diskMBpsReadWrite: any,
        storageFaultDomainAlignment: any,
      },
      ['lun', 'createOption'],
    ),
  ),
  diskControllerType: choice('SCSI NVMe'),
  diskApiVersion: text,
  alignRegionalDisksToVMZone: flag,
});
const osProfile = object({
  computerName: text,
  adminUsername: text,
  adminPassword: text,
  customData: text,
  windowsConfiguration: object({
    provisionVMAgent: flag,
    enableAutomaticUpdates: flag,
    timeZone: text,
    additionalUnattendContent: any,
    patchSettings: any,
    winRM: any,
    enableVMAgentPlatformUpdates: any,
  }),
  linuxConfiguration: object({
    disablePasswordAuthentication: flag,
    ssh: object({ publicKeys: list(object({ path: text, keyData: text })) }),
    provisionVMAgent: flag,
    patchSettings: any,
    enableVMAgentPlatformUpdates: any,
  }),
  secrets: any,
  allowExtensionOperations: flag,
  requireGuestProvisionSignal: flag,
});

export const machine = resource(
  object({
    hardwareProfile: object({ vmSize: text, vmSizeProperties: any, processorMode: text }),
    storageProfile,
    osProfile,
    networkProfile: object({
      networkInterfaces: list(
        object({ id: text, properties: object({ primary: flag, deleteOption: choice(DELETE) }) }),
      ),
      networkApiVersion: text,
      interconnectGroupProfile: any,
      networkInterfaceConfigurations: any,
    }),
    securityProfile: object({
      uefiSettings: object({ secureBootEnabled: flag, vTpmEnabled: flag }),
      encryptionAtHost: flag,
      securityType: choice('TrustedLaunch ConfidentialVM Standard'),
      encryptionIdentity: any,
      proxyAgentSettings: any,
    }),
    diagnosticsProfile: any,
    additionalCapabilities: any,
    availabilitySet: reference,
    virtualMachineScaleSet: reference,
    proximityPlacementGroup: reference,
    priority: choice('Regular Low Spot SpotPlus'),
    evictionPolicy: choice('Deallocate Delete'),
    billingProfile: any,
    host: reference,
    hostGroup: reference,
    licenseType: text,
    extensionsTimeBudget: text,
    platformFaultDomain: whole(),
    scheduledEventsProfile: any,
    scheduledEventsPolicy: any,
    userData: text,
    capacityReservation: any,
    applicationProfile: any,
    resiliencyProfile: any,
    interconnectBlockProfile: any,
    provisioningState: answered,
    instanceView: answered,
    vmId: answered,
    timeCreated: answered,
  }),
  { placement: any },
);

export const runCommand = resource(
  object({
    source: object({
      script: text,
      scriptUri: text,
      commandId: text,
      scriptUriManagedIdentity: any,
      galleryScriptReferenceId: text,
      scriptShell: text,
    }),
    parameters: list(object({ name: text, value: text }, ['name', 'value'])),
    protectedParameters: list(object({ name: text, value: text }, ['name', 'value'])),
    asyncExecution: flag,
    runAsUser: text,
    runAsPassword: text,
    timeoutInSeconds: whole(0),
    outputBlobUri: text,
    errorBlobUri: text,
    outputBlobManagedIdentity: any,
    errorBlobManagedIdentity: any,
    treatFailureAsDeploymentFailure: flag,
    provisioningState: answered,
    instanceView: answered,
  }),
);
