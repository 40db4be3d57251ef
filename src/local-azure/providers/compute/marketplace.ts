/** Publishers, offers, SKUs and versions of the marketplace; read-only. */
import { ArmError, type ArmRequest, type Json, type Route } from '../../core.ts';
import { exactVersion, findImage, MARKETPLACE } from './catalogue.ts';

const BASE = '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}/publishers';
const OFFERS = `${BASE}/{publisher}/artifacttypes/vmimage/offers`;
const SKUS = `${OFFERS}/{offer}/skus`;
const VERSIONS = `${SKUS}/{sku}/versions`;

export function marketplaceRoutes(): Route[] {
  const same = (left: string, right: string | undefined): boolean => left.toLowerCase() === right?.toLowerCase();
  const collection = (path: string, names: (params: Record<string, string>) => string[]): Route => ({
    method: 'GET',
    path,
    handle: (request) => ({ status: 200, body: entries(request, names(request.params)) }),
  });
  return [
    collection(BASE, () => unique(MARKETPLACE.map(({ publisher }) => publisher))),
    collection(OFFERS, ({ publisher }) =>
      known(unique(MARKETPLACE.filter((image) => same(image.publisher, publisher)).map(({ offer }) => offer))),
    ),
    collection(SKUS, ({ publisher, offer }) =>
      known(
        MARKETPLACE.filter((image) => same(image.publisher, publisher) && same(image.offer, offer)).map(
          ({ sku }) => sku,
        ),
      ),
    ),
    collection(VERSIONS, ({ publisher = '', offer = '', sku = '' }) =>
      known(findImage(publisher, offer, sku)?.versions ?? []),
    ),
    {
      method: 'GET',
      path: `${VERSIONS}/{version}`,
      handle({ id, params, apiVersion }) {
        const { publisher = '', offer = '', sku = '', version = '', location = '' } = params;
        const image = findImage(publisher, offer, sku);
        const exact = image === undefined ? undefined : exactVersion(image, version);
        if (image === undefined || exact === undefined || version.toLowerCase() === 'latest') throw notFound();
        const sizeInGb = image.osType === 'Windows' ? 127 : 30;
        const body: Json = {
          id: capitalized(id),
          name: exact,
          location,
          properties: {
            hyperVGeneration: image.generation,
            ...(apiVersion < '2021-07-01' ? {} : { architecture: 'x64' }),
            replicaType: 'Unmanaged',
            disallowed: { vmDiskType: image.generation === 'V2' ? 'Unmanaged' : 'None' },
            automaticOSUpgradeProperties: { automaticOSUpgradeSupported: UPGRADED.has(image.publisher) },
            ...(apiVersion < '2021-11-01' ? {} : { imageDeprecationStatus: { imageState: 'Active' } }),
            ...(apiVersion < '2021-11-01'
              ? {}
              : {
                  features: [
                    { name: 'IsAcceleratedNetworkSupported', value: 'True' },
                    { name: 'DiskControllerTypes', value: image.generation === 'V2' ? 'SCSI, NVMe' : 'SCSI' },
                    { name: 'IsHibernateSupported', value: 'True' },
                  ],
                }),
            osDiskImage: { operatingSystem: image.osType, sizeInGb, sizeInBytes: sizeInGb * 1024 ** 3 + 512 },
            dataDiskImages: [],
            ...(image.plan === undefined ? {} : { plan: image.plan }),
          },
        };
        return { status: 200, body };
      },
    },
  ];
}

/** Publishers whose images scale sets can be brought up to by themselves. */
const UPGRADED = new Set(['Canonical', 'OpenLogic', 'MicrosoftWindowsServer', 'MicrosoftWindowsDesktop']);

const CAPITALS = [
  'Subscriptions',
  'Providers',
  'Locations',
  'Publishers',
  'ArtifactTypes',
  'VMImage',
  'VMExtension',
  'Types',
  'Offers',
  'Skus',
  'Versions',
];

/** As recorded: the words of these ids have capitals of their own. */
export function capitalized(id: string): string {
  const word = (segment: string) => CAPITALS.find((capital) => capital.toLowerCase() === segment.toLowerCase());
  return id
    .split('/')
    .map((segment) => word(segment) ?? segment)
    .join('/');
}

const unique = (names: string[]): string[] => [...new Set(names)];

function known(names: string[]): string[] {
  if (names.length === 0) throw notFound();
  return names;
}

const notFound = (): ArmError => new ArmError(404, 'NotFound', 'Artifact: VMImage was not found.');

function entries({ id, params, query }: ArmRequest, names: string[]): Json {
  const descending = (query.get('$orderby') ?? '').toLowerCase() === 'name desc';
  const top = query.get('$top');
  const ordered = descending ? names.toReversed() : names;
  return (top === null ? ordered : ordered.slice(0, Number(top))).map((name) => ({
    location: params['location'] ?? '',
    name,
    id: capitalized(`${id}/${name}`),
    ...(/\/skus$/i.test(id)
      ? { properties: { automaticOSUpgradeProperties: { automaticOSUpgradeSupported: false } } }
      : {}),
  }));
}
