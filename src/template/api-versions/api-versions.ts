/** The api-versions of Microsoft.VirtualMachineImages/imageTemplates, oldest first. */

export const API_VERSIONS = [
  '2018-02-01-preview',
  '2019-02-01-preview',
  '2019-05-01-preview',
  '2020-02-14',
  '2021-10-01',
  '2022-02-14',
  '2022-07-01',
  '2023-07-01',
  '2024-02-01',
  '2025-10-01',
] as const;

export type ApiVersion = (typeof API_VERSIONS)[number];

export const NEWEST_API_VERSION = '2025-10-01' satisfies ApiVersion;

export function isApiVersion(value: unknown): value is ApiVersion {
  return API_VERSIONS.some((known) => known === value);
}

/** Whether `version` is `first` or a later one. */
export function atLeast(version: ApiVersion, first: ApiVersion): boolean {
  return API_VERSIONS.indexOf(version) >= API_VERSIONS.indexOf(first);
}

/** Since 2024-02-01 the service refuses unknown fields and another case; before, it ignored them. */
export function isStrict(version: ApiVersion): boolean {
  return atLeast(version, '2024-02-01');
}
