/** What a machine's body says of its system, its network and its security. */
import { choice, flag, list, map, object, reference, text, whole } from './shape.ts';

const PATCHED = 'ImageDefault AutomaticByPlatform';
const DELETE = 'Delete Detach';

const automaticByPlatformSettings = object({
  rebootSetting: choice('Unknown IfRequired Never Always'),
  bypassPlatformSafetyChecksOnUserSchedule: flag,
});

export const osProfile = object({
  computerName: text,
  adminUsername: text,
  adminPassword: text,
  customData: text,
  windowsConfiguration: object({
    provisionVMAgent: flag,
    enableAutomaticUpdates: flag,
    timeZone: text,
    additionalUnattendContent: list(
      object({
        passName: choice('OobeSystem'),
        componentName: choice('Microsoft-Windows-Shell-Setup'),
        settingName: choice('AutoLogon FirstLogonCommands'),
        content: text,
      }),
    ),
    patchSettings: object({
      patchMode: choice('Manual AutomaticByOS AutomaticByPlatform'),
      enableHotpatching: flag,
      assessmentMode: choice(PATCHED),
      automaticByPlatformSettings,
    }),
    winRM: object({ listeners: list(object({ protocol: choice('Http Https'), certificateUrl: text })) }),
    enableVMAgentPlatformUpdates: flag,
  }),
  linuxConfiguration: object({
    disablePasswordAuthentication: flag,
    ssh: object({ publicKeys: list(object({ path: text, keyData: text })) }),
    provisionVMAgent: flag,
    patchSettings: object({
      patchMode: choice(PATCHED),
      assessmentMode: choice(PATCHED),
      automaticByPlatformSettings,
    }),
    enableVMAgentPlatformUpdates: flag,
  }),
  secrets: list(
    object({
      sourceVault: reference,
      vaultCertificates: list(object({ certificateUrl: text, certificateStore: text })),
    }),
  ),
  allowExtensionOperations: flag,
  requireGuestProvisionSignal: flag,
});

const publicAddress = object(
  {
    name: text,
    properties: object({
      idleTimeoutInMinutes: whole(),
      deleteOption: choice(DELETE),
      dnsSettings: object(
        {
          domainNameLabel: text,
          domainNameLabelScope: choice('TenantReuse SubscriptionReuse ResourceGroupReuse NoReuse'),
        },
        ['domainNameLabel'],
      ),
      ipTags: list(object({ ipTagType: text, tag: text, firstPartyServiceTagId: text })),
      publicIPPrefix: reference,
      publicIPAddressVersion: choice('IPv4 IPv6'),
      publicIPAllocationMethod: choice('Dynamic Static'),
    }),
    sku: object({ name: choice('Basic Standard'), tier: choice('Regional Global') }),
    tags: map(text),
  },
  ['name'],
);
const ipConfiguration = object(
  {
    name: text,
    properties: object({
      subnet: reference,
      primary: flag,
      publicIPAddressConfiguration: publicAddress,
      privateIPAddressVersion: choice('IPv4 IPv6'),
      applicationSecurityGroups: list(reference),
      applicationGatewayBackendAddressPools: list(reference),
      loadBalancerBackendAddressPools: list(reference),
    }),
  },
  ['name'],
);
/** Of an interface that is made with the machine. */
const interfaceToMake = object(
  {
    name: text,
    properties: object(
      {
        primary: flag,
        deleteOption: choice(DELETE),
        enableAcceleratedNetworking: flag,
        enableFpga: flag,
        enableIPForwarding: flag,
        networkSecurityGroup: reference,
        dnsSettings: object({ dnsServers: list(text) }),
        ipConfigurations: list(ipConfiguration),
        dscpConfiguration: reference,
        disableTcpStateTracking: flag,
        auxiliaryMode: choice('None AcceleratedConnections Floating'),
        auxiliarySku: choice('None A1 A2 A4 A8'),
      },
      ['ipConfigurations'],
    ),
    tags: map(text),
  },
  ['name'],
);

export const networkProfile = object({
  networkInterfaces: list(object({ id: text, properties: object({ primary: flag, deleteOption: choice(DELETE) }) })),
  networkApiVersion: text,
  networkInterfaceConfigurations: list(interfaceToMake),
  interconnectGroupProfile: object({ interconnectGroup: reference, subgroups: list(reference) }),
});

const hostEndpoint = object({
  mode: choice('Audit Enforce Disabled'),
  inVMAccessControlProfileReferenceId: text,
  useLocalFileRules: flag,
});

export const securityProfile = object({
  uefiSettings: object({ secureBootEnabled: flag, vTpmEnabled: flag }),
  encryptionAtHost: flag,
  securityType: choice('TrustedLaunch ConfidentialVM Standard'),
  encryptionIdentity: object({ userAssignedIdentityResourceId: text }),
  proxyAgentSettings: object({
    enabled: flag,
    mode: choice('Audit Enforce'),
    keyIncarnationId: whole(),
    wireServer: hostEndpoint,
    imds: hostEndpoint,
    addProxyAgentExtension: flag,
  }),
});
