/** Numbers of gallery image versions, `major.minor.patch`. */

export interface VersionNumber {
  major: number;
  minor: number;
  patch: number;
}

export function parseVersion(name: string): VersionNumber | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(name);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

export function compareVersions(left: VersionNumber, right: VersionNumber): number {
  return left.major - right.major || left.minor - right.minor || left.patch - right.patch;
}

/** The highest of what is there, by number and not by text; undefined when nothing is. */
export function highestVersion(names: string[]): string | undefined {
  return names
    .flatMap((name) => {
      const number = parseVersion(name);
      return number === undefined ? [] : [{ name, number }];
    })
    .sort((left, right) => compareVersions(left.number, right.number))
    .at(-1)?.name;
}

/**
 * The `Latest` scheme: the highest version in the major (or of all) with its patch raised by one. Azure does not
 * document what an empty major begins with; Kiln takes `<major>.0.0`, and `1.0.0` in an empty definition.
 */
export function nextVersion(names: string[], major?: number): string {
  const inMajor = names.filter((name) => major === undefined || parseVersion(name)?.major === major);
  const highest = highestVersion(inMajor);
  const number = highest === undefined ? undefined : parseVersion(highest);
  if (number === undefined) return `${major ?? 1}.0.0`;
  return `${number.major}.${number.minor}.${number.patch + 1}`;
}

/**
 * The `Source` scheme: the number of the source image. Azure does not document how it maps a marketplace number; here
 * leading zeros go, and of four parts the first and the last two are kept, because those are what changes.
 * @returns undefined for what has no three numbers in it
 */
export function versionFromSource(exactVersion: string | undefined): string | undefined {
  const parts = (exactVersion ?? '').split('.').map(Number);
  if (parts.length < 3 || parts.some((part) => !Number.isInteger(part) || part > 2_147_483_647)) return undefined;
  const [first, ...rest] = parts;
  return [first, ...rest.slice(-2)].join('.');
}
