/** The regions that this Azure has, with Azure's own names. */
import { ArmError, type JsonObject } from './core.ts';
import { PLACES } from './region-places.ts';

/** name → display name, geography group, paired region. */
const REGIONS: Record<string, [display: string, group: string, paired?: string]> = {
  eastus: ['East US', 'US', 'westus'],
  eastus2: ['East US 2', 'US', 'centralus'],
  centralus: ['Central US', 'US', 'eastus2'],
  northcentralus: ['North Central US', 'US', 'southcentralus'],
  southcentralus: ['South Central US', 'US', 'northcentralus'],
  westcentralus: ['West Central US', 'US', 'westus2'],
  westus: ['West US', 'US', 'eastus'],
  westus2: ['West US 2', 'US', 'westcentralus'],
  westus3: ['West US 3', 'US', 'eastus'],
  canadacentral: ['Canada Central', 'Canada', 'canadaeast'],
  canadaeast: ['Canada East', 'Canada', 'canadacentral'],
  brazilsouth: ['Brazil South', 'South America', 'southcentralus'],
  northeurope: ['North Europe', 'Europe', 'westeurope'],
  westeurope: ['West Europe', 'Europe', 'northeurope'],
  uksouth: ['UK South', 'Europe', 'ukwest'],
  ukwest: ['UK West', 'Europe', 'uksouth'],
  francecentral: ['France Central', 'Europe'],
  germanywestcentral: ['Germany West Central', 'Europe'],
  italynorth: ['Italy North', 'Europe'],
  norwayeast: ['Norway East', 'Europe'],
  polandcentral: ['Poland Central', 'Europe'],
  spaincentral: ['Spain Central', 'Europe'],
  swedencentral: ['Sweden Central', 'Europe'],
  switzerlandnorth: ['Switzerland North', 'Europe'],
  uaenorth: ['UAE North', 'Middle East'],
  southafricanorth: ['South Africa North', 'Africa'],
  centralindia: ['Central India', 'Asia Pacific', 'southindia'],
  southindia: ['South India', 'Asia Pacific', 'centralindia'],
  eastasia: ['East Asia', 'Asia Pacific', 'southeastasia'],
  southeastasia: ['Southeast Asia', 'Asia Pacific', 'eastasia'],
  japaneast: ['Japan East', 'Asia Pacific', 'japanwest'],
  japanwest: ['Japan West', 'Asia Pacific', 'japaneast'],
  koreacentral: ['Korea Central', 'Asia Pacific'],
  australiaeast: ['Australia East', 'Asia Pacific', 'australiasoutheast'],
  australiasoutheast: ['Australia Southeast', 'Asia Pacific', 'australiaeast'],
};

export const REGION_NAMES = Object.keys(REGIONS);

/** `West Europe` → `westeurope`. Says nothing about whether there is such a region. */
export function normalizeRegion(location: string): string {
  return location.replaceAll(/\s/g, '').toLowerCase();
}

/** `westeurope` → `West Europe`, the form in which galleries answer. An unknown name comes back as it is. */
export function regionDisplayName(location: string): string {
  return REGIONS[normalizeRegion(location)]?.[0] ?? location;
}

/** Where geo-redundant copies of a region go; undefined for a region without a pair. */
export function pairedRegion(location: string): string | undefined {
  return REGIONS[normalizeRegion(location)]?.[2];
}

export function isRegion(location: string): boolean {
  return normalizeRegion(location) in REGIONS;
}

/** The normalised region of a request body. Throws ArmError LocationRequired or LocationNotAvailableForResourceType. */
export function requireRegion(location: unknown, type: string): string {
  if (typeof location !== 'string' || location === '') {
    throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.');
  }
  const name = normalizeRegion(location);
  if (!isRegion(name)) {
    throw new ArmError(
      400,
      'LocationNotAvailableForResourceType',
      `The provided location '${location}' is not available for resource type '${type}'. ` +
        `List of available regions for the resource type is '${REGION_NAMES.join(',')}'.`,
    );
  }
  return name;
}

/** Bodies of `GET /subscriptions/{s}/locations`, as a version of the API tells them. */
export function describeRegions(subscriptionId: string, apiVersion: string): JsonObject[] {
  return Object.entries(REGIONS).map(([name, [displayName, group, paired]]): JsonObject => {
    const id = `/subscriptions/${subscriptionId}/locations/${name}`;
    const [longitude, latitude, physicalLocation, geography, zones] = PLACES[name] ?? ['0', '0', displayName, group];
    if (apiVersion < '2019-11-01') return { id, name, displayName, longitude, latitude };
    const late = apiVersion >= '2022-12-01';
    return {
      id,
      name,
      ...(apiVersion < '2021-01-01' ? {} : { type: 'Region' }),
      displayName,
      regionalDisplayName: `(${group}) ${displayName}`,
      metadata: {
        regionType: 'Physical',
        regionCategory: 'Recommended',
        ...(late ? { geography } : {}),
        geographyGroup: group,
        longitude,
        latitude,
        physicalLocation,
        pairedRegion: paired ? [{ name: paired, id: `/subscriptions/${subscriptionId}/locations/${paired}` }] : [],
      },
      ...(late && zones === true
        ? {
            availabilityZoneMappings: ['1', '2', '3'].map((zone) => ({
              logicalZone: zone,
              physicalZone: `${name}-az${zone}`,
            })),
          }
        : {}),
    };
  });
}
