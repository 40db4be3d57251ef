/** What a deployment knows: its parameters and variables, where it goes, and the ids of resources. */
import type { Host, TemplateFunction } from '../evaluate.ts';
import { lacking } from '../absent-members.ts';
import { asksAzure, ExpressionError } from '../expression-error.ts';
import { string } from '../values.ts';

export const deployment: Record<string, TemplateFunction> = {
  parameters: { takes: [1, 1], run: ([name], host) => host.parameter(string(name)) },
  variables: { takes: [1, 1], run: ([name], host) => host.variable(string(name)) },
  deployment: {
    takes: [0, 0],
    run: (_args, host) =>
      host.running?.deployment ??
      located('deployment()', host, { name: host.deploymentName, properties: { mode: 'Incremental' } }),
  },
  subscription: {
    takes: [0, 0],
    run: (_args, { subscriptionId, running }) =>
      running?.subscription ??
      lacking(
        { subscriptionId, id: `/subscriptions/${subscriptionId}` },
        { tenantId: onlyAzure('tenantId'), displayName: onlyAzure('displayName') },
      ),
  },
  resourcegroup: { takes: [0, 0], run: (_args, host) => host.running?.resourceGroup ?? resourceGroup(host) },
  environment: { takes: [0, 0], run: () => PUBLIC_CLOUD },
  tenant: {
    takes: [0, 0],
    run: (_args, { running }) => {
      if (running === undefined) throw new ExpressionError(asksAzure('tenant'));
      return running.tenant;
    },
  },
  reference: {
    takes: [1, 3],
    run: ([nameOrId, apiVersion, full], { running }) => {
      if (running === undefined) throw new ExpressionError(asksAzure('reference'));
      const version = apiVersion === undefined ? undefined : string(apiVersion);
      return running.reference(string(nameOrId), version, full !== undefined && /^full$/i.test(string(full)));
    },
  },
  resourceid: { takes: [2, Infinity], run: (args, host) => resourceId(args.map(string), host) },
  subscriptionresourceid: {
    takes: [2, Infinity],
    run: (args, host) => {
      const { before, type, names } = splitAtType(args.map(string), 1);
      return `/subscriptions/${before[0] ?? host.subscriptionId}/providers/${typed(type, names)}`;
    },
  },
  tenantresourceid: {
    takes: [2, Infinity],
    run: (args) => {
      const [type = '', ...names] = args.map(string);
      return `/providers/${typed(type, names)}`;
    },
  },
  managementgroupresourceid: {
    takes: [3, Infinity],
    run: (args) => {
      const { before, type, names } = splitAtType(args.map(string), 1);
      return `/providers/Microsoft.Management/managementGroups/${before[0] ?? ''}/providers/${typed(type, names)}`;
    },
  },
  extensionresourceid: {
    takes: [3, Infinity],
    run: (args) => {
      const [scope = '', type = '', ...names] = args.map(string);
      return `${scope}/providers/${typed(type, names)}`;
    },
  },
  ...Object.fromEntries(
    [
      'references',
      'list',
      'providers',
      'pickzones',
      'managementgroup',
      'deployer',
      'externalinput',
      'tologicalzone',
      'tologicalzones',
      'tophysicalzone',
      'tophysicalzones',
    ].map((name) => [name, refused(name)]),
  ),
};

function refused(name: string): TemplateFunction {
  return {
    takes: [0, Infinity],
    run: () => {
      throw new ExpressionError(asksAzure(name));
    },
  };
}

const onlyAzure = (member: string): string =>
  `the ${member} of subscription() is known to Azure only, which planning does not ask: give the value as a parameter`;

/** Where a deployment goes is Azure's to say; here the person does. */
function located(name: string, { location }: Host, holder: object): object {
  if (location !== undefined) return { ...holder, location };
  return lacking(holder, { location: `the location of ${name} is not known without asking Azure: give --location` });
}

const PUBLIC_CLOUD = {
  name: 'AzureCloud',
  resourceManager: 'https://management.azure.com/',
  portal: 'https://portal.azure.com',
  graph: 'https://graph.windows.net/',
  graphAudience: 'https://graph.windows.net/',
  gallery: 'https://gallery.azure.com/',
  activeDirectoryDataLake: 'https://datalake.azure.net/',
  batch: 'https://batch.core.windows.net/',
  media: 'https://rest.media.azure.net',
  sqlManagement: 'https://management.core.windows.net:8443/',
  vmImageAliasDoc:
    'https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json',
  authentication: {
    loginEndpoint: 'https://login.microsoftonline.com/',
    audiences: ['https://management.core.windows.net/', 'https://management.azure.com/'],
    tenant: 'common',
    identityProvider: 'AAD',
  },
  suffixes: {
    storage: 'core.windows.net',
    keyvaultDns: '.vault.azure.net',
    acrLoginServer: '.azurecr.io',
    sqlServerHostname: '.database.windows.net',
    azureDatalakeAnalyticsCatalogAndJob: 'azuredatalakeanalytics.net',
    azureDatalakeStoreFileSystem: 'azuredatalakestore.net',
    azureFrontDoorEndpointSuffix: 'azurefd.net',
  },
};

function resourceGroup(host: Host): unknown {
  const { subscriptionId, resourceGroup: name } = host;
  return located('resourceGroup()', host, {
    id: `/subscriptions/${subscriptionId}/resourceGroups/${name}`,
    name,
    type: 'Microsoft.Resources/resourceGroups',
    tags: {},
    properties: { provisioningState: 'Succeeded' },
  });
}

/** `resourceId([subscriptionId], [group], type, name, …)` */
function resourceId(args: string[], host: Host): string {
  const { before, type, names } = splitAtType(args, 2);
  const group = before.at(-1) ?? host.resourceGroup;
  const subscription = before.length > 1 ? before[0] : host.subscriptionId;
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/${typed(type, names)}`;
}

/** The type is the first argument that looks like one: what comes before it says where, what comes after it which. */
function splitAtType(args: string[], most: number): { before: string[]; type: string; names: string[] } {
  const at = args.findIndex((arg) => /^[A-Za-z][\w.]*\/./.test(arg));
  if (at < 0) throw new ExpressionError('expected a resource type such as Microsoft.Compute/images');
  if (at > most) throw new ExpressionError(`expected a resource type among the first ${most + 1} arguments`);
  return { before: args.slice(0, at), type: args[at] ?? '', names: args.slice(at + 1) };
}

function typed(type: string, names: string[]): string {
  // A slash at the end of a type is common in templates, and means nothing.
  const [namespace = '', ...types] = type.replace(/\/$/, '').split('/');
  // A name may hold several segments, as in 'gallery/definition'.
  const segments = names.flatMap((name) => name.split('/'));
  if (types.length === 0 || types.length !== segments.length) {
    throw new ExpressionError(`${type} needs ${types.length} names, got ${segments.length}`);
  }
  return [namespace, ...types.map((segment, at) => `${segment}/${segments[at]}`)].join('/');
}
