/**
 * Which api-versions are taken. Azure has published many, and a client may use any of them: one is refused that is no
 * date, older than the first, newer than the newest, or, where this list is complete, not among them.
 */
import { ArmError } from './core.ts';
import { REGION_NAMES } from './regions.ts';

interface Versions {
  first: string;
  newest: string;
  /** All there were until `completeTo`. */
  known?: string[];
  completeTo?: string;
}

const COMPUTE = [
  '2015-06-15 2016-03-30 2016-04-30-preview 2016-08-30 2017-03-30 2017-12-01 2018-04-01 2018-06-01 2018-09-30 2018-10-01',
  '2019-03-01 2019-07-01 2019-11-01 2019-12-01 2020-05-01 2020-06-01 2020-06-30 2020-09-30 2020-12-01 2021-03-01',
  '2021-04-01 2021-07-01 2021-08-01 2021-10-01 2021-11-01 2021-12-01 2022-01-03 2022-03-01 2022-03-02 2022-03-03',
  '2022-07-02 2022-08-01 2022-08-03 2022-11-01 2023-01-02 2023-03-01 2023-04-02 2023-07-01 2023-07-03 2023-09-01',
  '2023-10-02 2024-03-01 2024-03-02 2024-03-03 2024-07-01 2024-11-01',
].flatMap((line) => line.split(' '));

const NAMESPACES: Record<string, Versions> = {
  'microsoft.compute': { first: '2015-06-15', newest: '2026-04-01', known: COMPUTE, completeTo: '2024-12-31' },
  'microsoft.network': { first: '2015-05-01-preview', newest: '2026-01-01' },
  'microsoft.storage': { first: '2015-05-01-preview', newest: '2026-09-01' },
  'microsoft.managedidentity': { first: '2015-08-31-preview', newest: '2025-05-31-preview' },
  'microsoft.authorization': { first: '2014-04-01-preview', newest: '2025-12-01-preview' },
  'microsoft.resources': { first: '2014-04-01', newest: '2026-12-31' },
};

const FORM = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(-[a-z]+)?$/;

/**
 * Throws ArmError 400 NoRegisteredProviderFound, or InvalidApiVersionParameter for Resource Manager's own.
 * @param type `Microsoft.Compute/disks`; undefined for what no provider has
 */
export function requireApiVersion(type: string | undefined, apiVersion: string, location: string): void {
  const [namespace = '', ...types] = (type ?? 'Microsoft.Resources').split('/');
  const versions = NAMESPACES[namespace.toLowerCase()];
  if (versions === undefined || isTaken(versions, apiVersion)) return;
  const supported = (versions.known ?? [versions.first, versions.newest]).join(', ');
  if (namespace.toLowerCase() === 'microsoft.resources' || !FORM.test(apiVersion)) {
    throw new ArmError(
      400,
      'InvalidApiVersionParameter',
      `The api-version '${apiVersion}' is invalid. The supported versions are '${supported}'.`,
    );
  }
  throw new ArmError(
    400,
    'NoRegisteredProviderFound',
    `No registered resource provider found for location '${location}' and API version '${apiVersion}' for type '${types.join('/')}'. ` +
      `The supported api-versions are '${supported}'. The supported locations are '${REGION_NAMES.join(', ')}'.`,
  );
}

function isTaken({ first, newest, known = [], completeTo = '' }: Versions, apiVersion: string): boolean {
  if (!FORM.test(apiVersion) || apiVersion < first || apiVersion > newest) return false;
  return apiVersion > completeTo || known.includes(apiVersion);
}
