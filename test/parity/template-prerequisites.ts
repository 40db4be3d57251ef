/** What is there before a recording of image templates begins: all that the templates name, and templates that it finds. */
import { MARKETPLACE } from '../../src/local-azure/providers/compute/catalogue.ts';
import { LOCAL_SUBSCRIPTION } from '../../src/local-azure/core.ts';
import type { TestAzure } from '../local-azure/support.ts';
import type { TestGateway } from './gateway.ts';
import type { Exchange, Json, Recording } from './recordings.ts';
import type { Translator } from './translate.ts';

/** Its address at the start of a path. */
export const TEMPLATE = /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/[^/]+\/imagetemplates\/[^/?]+/i;

interface Body {
  location?: string;
  identity?: { type?: string; userAssignedIdentities?: Record<string, unknown> };
  properties?: {
    source?: { type?: string; imageId?: string; publisher?: string; offer?: string; sku?: string; version?: string };
    customize?: Json;
    distribute?: Array<{ galleryImageId?: string; imageId?: string; replicationRegions?: string[] }>;
    vmProfile?: { vnetConfig?: { subnetId?: string } };
    lastRunStatus?: { runState?: string };
  };
}

const VERSION = 'api-version=2022-07-01';
const PROVIDERS = `/subscriptions/${LOCAL_SUBSCRIPTION}/resourceGroups/golden-images/providers`;
/** For a template of which the recording tells no more than its state. */
const ANY: Body = {
  location: 'westeurope',
  identity: {
    type: 'UserAssigned',
    userAssignedIdentities: {
      [`${PROVIDERS}/Microsoft.ManagedIdentity/userAssignedIdentities/image-builder`]: {},
    },
  },
  properties: {
    source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
    distribute: [
      {
        type: 'SharedImage',
        runOutputName: 'gallery',
        galleryImageId: `${PROVIDERS}/Microsoft.Compute/galleries/golden/images/debian-12`,
        replicationRegions: ['westeurope'],
      },
    ] as object[],
  },
};

/** Answers the operations that the recording asks after without having begun them, with their templates. */
export async function makeTemplatePrerequisites(
  azure: TestAzure,
  gateway: TestGateway,
  { exchanges }: Recording,
  translator: Translator,
): Promise<Map<string, string>> {
  const put = exchanges.filter(({ method }) => method === 'PUT').map(({ url }) => pathOf(translator.text(url)));
  const make = new Maker(azure, (id) => put.includes(id.toLowerCase()));
  const known = new Set<string>();
  const operations = new Map<string, string>();
  for (const exchange of exchanges) {
    const { method, url, requestBody } = exchange;
    const { pathname } = new URL(url);
    const recorded = TEMPLATE.exec(pathname)?.[0];
    if (recorded === undefined) {
      const lost = lostOperation(exchange, exchanges);
      if (lost !== undefined) operations.set(pathOf(url), await failingRun(gateway, translator, url));
      continue;
    }
    if (exchange.status >= 300) continue;
    const begins = !known.has(recorded.toLowerCase());
    known.add(recorded.toLowerCase());
    if (method === 'PUT' && recorded === pathname) {
      knowVersion(requestBody as Body, translator);
      await make.allOf(translator.json(requestBody) as Body);
    } else if (begins) {
      const template = translator.text(recorded);
      const shown = shownTemplate(recorded, exchanges);
      const body = writable(shown === undefined ? ANY : (translator.json(shown as Json) as Body), exchange);
      await make.allOf(body);
      await gateway.call('PUT', `${template}?${VERSION}`, body as Json);
      await gateway.settle(template);
      if (hasRun(exchange)) await gateway.call('POST', `${template}/run?${VERSION}`);
      if (hasRun(exchange) && !isRunning(exchange)) await gateway.settle(template);
    }
  }
  return operations;
}

const pathOf = (url: string): string => new URL(url).pathname.toLowerCase();

/** A version of the marketplace's that is older than the catalogue's. */
function knowVersion({ properties: { source } = {} }: Body, translator: Translator): void {
  const { publisher, offer, sku, version = 'latest' } = source ?? {};
  const image = MARKETPLACE.find(
    (one) => [one.publisher, one.offer, one.sku].join() === [publisher, offer, sku].join(),
  );
  const [oldest] = image?.versions ?? [];
  if (version !== 'latest' && oldest !== undefined) translator.replace(version, oldest);
}

function shownTemplate(recorded: string, exchanges: Exchange[]): Body | undefined {
  const answers = exchanges.filter(({ url }) => new URL(url).pathname.toLowerCase() === recorded.toLowerCase());
  return answers
    .map(({ body }) => body as Body | undefined)
    .find((body) => body?.properties?.source !== undefined && body.identity !== undefined);
}

/** What a run makes is what its outputs are recorded to be. */
function writable(body: Body, { url, body: shown }: Exchange): Body {
  const [output] = ((shown as { value?: Array<{ name: string; properties: { artifactId?: string } }> } | undefined)
    ?.value ?? []) as Array<{ name: string; properties: { artifactId?: string } }>;
  const artifact = output?.properties.artifactId;
  if (!/runoutputs/i.test(url) || artifact === undefined) return body;
  const imageId = artifact.replace(/^\/subscriptions\/[^/]+/, `/subscriptions/${LOCAL_SUBSCRIPTION}`);
  const distribute = [{ type: 'ManagedImage', runOutputName: output?.name, imageId, location: body.location }];
  return { ...body, properties: { ...body.properties, distribute: distribute as object[] } };
}

const stateOf = ({ body }: Exchange): string | undefined =>
  (body as Body | undefined)?.properties?.lastRunStatus?.runState;
const isRunning = (exchange: Exchange): boolean => ['Running', 'Canceling'].includes(stateOf(exchange) ?? '');
const hasRun = (exchange: Exchange): boolean => stateOf(exchange) !== undefined || /runoutputs/i.test(exchange.url);

/** A poll of what no request of the recording began. */
function lostOperation(exchange: Exchange, exchanges: Exchange[]): Exchange | undefined {
  if (!/\/operations\/[^/]+$/i.test(new URL(exchange.url).pathname) || !/virtualmachineimages/i.test(exchange.url)) {
    return undefined;
  }
  const path = pathOf(exchange.url);
  const begun = exchanges.some(({ headers }) => pathOf(headers['azure-asyncoperation'] ?? 'https://x/') === path);
  return begun ? undefined : exchange;
}

/** A run that fails, its operation in place of the recorded one. */
async function failingRun(gateway: TestGateway, translator: Translator, url: string): Promise<string> {
  const template = `${PROVIDERS}/Microsoft.VirtualMachineImages/imageTemplates/failing`;
  const customize = [{ type: 'Shell', name: 'fails', inline: ['# simulate: exit=1'] }];
  await gateway.call('PUT', `${template}?${VERSION}`, { ...ANY, properties: { ...ANY.properties, customize } } as Json);
  await gateway.settle(template);
  const { headers } = await gateway.call('POST', `${template}/run?${VERSION}`);
  translator.learnAddress(url, headers['azure-asyncoperation']);
  return template;
}

class Maker {
  readonly #azure: TestAzure;
  /** What the recording itself makes. */
  readonly #isMade: (id: string) => boolean;

  constructor(azure: TestAzure, isMade: (id: string) => boolean) {
    this.#azure = azure;
    this.#isMade = isMade;
  }

  async allOf({ location = 'westus', identity, properties = {} }: Body): Promise<void> {
    const { source, distribute = [], vmProfile } = properties;
    const subnet = vmProfile?.vnetConfig?.subnetId;
    for (const id of Object.keys(identity?.userAssignedIdentities ?? {}))
      await this.#put(id, '2018-11-30', { location });
    if (source?.imageId !== undefined) await this.#image(source.imageId, location);
    for (const { galleryImageId, imageId } of distribute) {
      if (galleryImageId !== undefined) await this.#definition(galleryImageId, location, source);
      if (imageId !== undefined) await this.#group(imageId, location);
    }
    if (subnet !== undefined) await this.#network(subnet, location);
  }

  async #definition(id: string, location: string, source: NonNullable<Body['properties']>['source']): Promise<void> {
    const [gallery = ''] = id.split(/\/images\//i);
    await this.#put(gallery, '2022-03-03', { location });
    const generation = MARKETPLACE.find(({ offer, sku }) => offer === source?.offer && sku === source.sku)?.generation;
    await this.#put(id.replace(/\/versions\/.*/, ''), '2022-03-03', {
      location,
      properties: {
        osType: 'Linux',
        osState: 'Generalized',
        hyperVGeneration: generation ?? 'V1',
        identifier: { publisher: 'recorded', offer: 'recorded', sku: id.split('/').at(-1) ?? '' },
      },
    });
  }

  async #image(id: string, location: string): Promise<void> {
    const disk = `${id.replace(/\/images\//i, '/disks/')}-disk`;
    await this.#put(disk, '2022-07-02', {
      location,
      properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 30 },
    });
    const osDisk = { osType: 'Linux', osState: 'Generalized', managedDisk: { id: disk } };
    await this.#put(id, '2022-03-01', { location, properties: { hyperVGeneration: 'V1', storageProfile: { osDisk } } });
  }

  async #network(subnet: string, location: string): Promise<void> {
    const [network = '', name = ''] = subnet.split(/\/subnets\//i);
    await this.#put(network, '2022-07-01', {
      location,
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [
          { name, properties: { addressPrefix: '10.0.0.0/24', privateLinkServiceNetworkPolicies: 'Disabled' } },
        ],
      },
    });
  }

  async #group(id: string, location: string): Promise<void> {
    const [group = ''] = id.split(/\/providers\//i);
    const { status } = await this.#azure.call('GET', `${group}?api-version=2021-04-01`);
    if (status === 404) await this.#azure.call('PUT', `${group}?api-version=2021-04-01`, { body: { location } });
  }

  async #put(id: string, apiVersion: string, body: object): Promise<void> {
    if (this.#isMade(id)) return;
    await this.#group(id, (body as Body).location ?? '');
    const url = `${id}?api-version=${apiVersion}`;
    if ((await this.#azure.call('GET', url)).status === 200) return;
    const { status, text } = await this.#azure.call('PUT', url, { body });
    if (status >= 300) throw new Error(`${id}: ${status} ${text}`);
  }
}
