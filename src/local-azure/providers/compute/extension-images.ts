/** Extensions that machines can be given, by publisher; read-only. */
import { ArmError, type Json, type Route } from '../../core.ts';
import { capitalized } from './marketplace.ts';

interface ExtensionImage {
  publisher: string;
  type: string;
  system: 'Windows' | 'Linux';
  versions: string[];
}

const image = (
  publisher: string,
  type: string,
  system: ExtensionImage['system'],
  ...versions: string[]
): ExtensionImage => ({ publisher, type, system, versions });

const CATALOGUE: ExtensionImage[] = [
  image('Microsoft.Compute', 'BGInfo', 'Windows', '1.1', '1.2.2', '2.1', '2.2.5'),
  image('Microsoft.Compute', 'CustomScriptExtension', 'Windows', '1.8', '1.9.5', '1.10.12', '1.10.15'),
  image('Microsoft.Compute', 'JsonADDomainExtension', 'Windows', '1.0', '1.3.6', '1.3.12'),
  image('Microsoft.Compute', 'VMAccessAgent', 'Windows', '1.0', '1.0.2', '1.0.3', '2.0', '2.3', '2.4.8', '2.4.10'),
  image('Microsoft.Azure.Extensions', 'CustomScript', 'Linux', '2.0.7', '2.1.3', '2.1.10', '2.1.13'),
  image('Microsoft.OSTCExtensions', 'VMAccessForLinux', 'Linux', '1.4.0.0', '1.5.11', '1.5.20'),
  image('Microsoft.Azure.NetworkWatcher', 'NetworkWatcherAgentWindows', 'Windows', '1.4.2146.1', '1.4.3783.1'),
  image('Microsoft.Azure.NetworkWatcher', 'NetworkWatcherAgentLinux', 'Linux', '1.4.2146.1', '1.4.3783.1'),
  image('Microsoft.ManagedServices', 'ApplicationHealthLinux', 'Linux', '1.0.5', '2.0.18'),
  image('Microsoft.ManagedServices', 'ApplicationHealthWindows', 'Windows', '1.0.13', '2.0.19'),
  image('Microsoft.Azure.Monitor', 'AzureMonitorLinuxAgent', 'Linux', '1.29.4', '1.35.1'),
  image('Microsoft.Azure.Monitor', 'AzureMonitorWindowsAgent', 'Windows', '1.28.2', '1.35.0'),
];

const TYPES_PATH =
  '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}/publishers/{publisher}/artifacttypes/vmextension/types';
const VERSIONS_PATH = `${TYPES_PATH}/{type}/versions`;

export function extensionImageRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: TYPES_PATH,
      // Of a publisher that has none, or that nobody knows, Azure answers with an empty list.
      handle: ({ id, params }) => ({
        status: 200,
        body: CATALOGUE.filter(({ publisher }) => same(publisher, params['publisher'])).map(({ type }) =>
          entry(id, params, type),
        ),
      }),
    },
    {
      method: 'GET',
      path: VERSIONS_PATH,
      handle: ({ id, params, query }) => {
        const descending = (query.get('$orderby') ?? '').toLowerCase() === 'name desc';
        const { versions } = find(params);
        const ordered = descending ? versions.toReversed() : versions;
        const top = query.get('$top');
        const shown = top === null ? ordered : ordered.slice(0, Number(top));
        return { status: 200, body: shown.map((version) => entry(id, params, version)) };
      },
    },
    {
      method: 'GET',
      path: `${VERSIONS_PATH}/{version}`,
      handle: ({ id, params, apiVersion }) => {
        const { system, versions } = find(params);
        const version = versions.find((known) => known === params['version']);
        if (version === undefined) throw notFound();
        const newer = apiVersion >= '2022-03-01';
        const body: Json = {
          properties: {
            operatingSystem: system,
            computeRole: 'IaaS',
            ...(newer ? { architecture: ['x64'] } : {}),
            vmScaleSetEnabled: false,
            supportsMultipleExtensions: false,
            ...(newer ? { supportsMigration: false } : {}),
            rollbackSupported: false,
            ...(newer ? { isInternalExtension: false } : {}),
            isJsonExtension: false,
          },
          location: params['location'] ?? '',
          name: version,
          id: capitalized(id),
        };
        return { status: 200, body };
      },
    },
  ];
}

const same = (left: string, right: string | undefined): boolean => left.toLowerCase() === right?.toLowerCase();

function find({ publisher, type }: Record<string, string>): ExtensionImage {
  const found = CATALOGUE.find((known) => same(known.publisher, publisher) && same(known.type, type));
  if (found === undefined) throw notFound();
  return found;
}

const notFound = (): ArmError => new ArmError(404, 'NotFound', 'Artifact: VMExtension was not found.');

const entry = (id: string, params: Record<string, string>, name: string): Json => ({
  location: params['location'] ?? '',
  name,
  id: capitalized(`${id}/${name}`),
});
