/** What Resource Manager allows of tags, on whatever they are. */
import { ArmError, type Json } from './core.ts';

const MOST = 50;
const LONGEST_NAME = 512;
const LONGEST_VALUE = 256;
const RESERVED = /[<>%&\\?/\p{Cc}]/u;

/** Throws ArmError 400. Azure's own words for too many of them are not known; the others are. */
export function requireTags(tags: Json | undefined): void {
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags)) return;
  const names = Object.keys(tags);
  const quoted = (some: string[]): string => some.map((one) => `'${one}'`).join(', ');
  if (names.length > MOST) {
    throw new ArmError(
      400,
      'TooManyTags',
      `The resource has ${names.length} tags. The maximum number of tags is ${MOST}.`,
    );
  }
  const long = names.filter((name) => name.length > LONGEST_NAME);
  if (long.length > 0) {
    throw new ArmError(
      400,
      'InvalidTagNameLength',
      `Tag name too large. Following tag name ${quoted(long)} exceeded the maximum length. Maximum allowed length for tag name - '${LONGEST_NAME}' characters.`,
    );
  }
  // Names that begin with `hidden-` or `link:` are Azure's own, and ids stand in them.
  const reserved = names.filter((name) => !/^(hidden|link)/i.test(name) && RESERVED.test(name));
  if (reserved.length > 0) {
    throw new ArmError(
      400,
      'InvalidTagNameCharacters',
      `The tag names ${quoted(reserved)} have reserved characters '<,>,%,&,\\,?,/' or control characters.`,
    );
  }
  const values = Object.values(tags).flatMap((value) =>
    typeof value === 'string' && value.length > LONGEST_VALUE ? [value] : [],
  );
  if (values.length > 0) {
    throw new ArmError(
      400,
      'InvalidTagValueLength',
      `Tag value too large. Following tag value ${quoted(values)} exceeded the maximum length. Maximum allowed length for tag value - '${LONGEST_VALUE}' characters.`,
    );
  }
}
