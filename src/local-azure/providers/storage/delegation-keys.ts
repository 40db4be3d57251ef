/** User delegation keys: what a token gets that is to sign addresses. No account key has a part in them. */
import { type BlobAnswer, type BlobCall, type BlobRefusal, delegationKey } from '../../blobs.ts';
import { LOCAL_TENANT } from '../../core.ts';

const SEVEN_DAYS_MS = 7 * 24 * 3_600_000;
/** Of before the operation was there; sent by no client. */
const OLDEST = '2018-11-09';

/** A key, as what is signed with it names it. */
export const keyName = (objectId: string, start: string, expiry: string, version: string): string =>
  [objectId, start, expiry, version].join(' ');

export async function issueDelegationKey(
  objectId: string,
  { body, version = OLDEST }: BlobCall,
): Promise<(BlobAnswer & { key: string }) | BlobRefusal> {
  const sent = await body();
  const read = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(sent)?.[1] ?? '';
  const [start, expiry] = [read('Start'), read('Expiry')];
  const latest = Date.now() + SEVEN_DAYS_MS;
  // In this order: Azure names the value that it could not take, and in place of the element's name the value again.
  if (start !== '' && !(Date.parse(start) <= latest)) return invalidNode(start);
  if (!(Date.parse(expiry) <= latest && Date.parse(expiry) > Date.parse(start || new Date().toISOString()))) {
    return invalidNode(expiry);
  }
  const from = start || `${new Date().toISOString().slice(0, 19)}Z`;
  const elements = {
    SignedOid: objectId,
    SignedTid: LOCAL_TENANT,
    SignedStart: from,
    SignedExpiry: expiry,
    SignedService: 'b',
    SignedVersion: version,
    Value: delegationKey(objectId, LOCAL_TENANT, from, expiry, version),
  };
  const content = Object.entries(elements).map(([name, value]) => `<${name}>${value}</${name}>`);
  return {
    key: keyName(objectId, from, expiry, version),
    xml: `<UserDelegationKey>${content.join('')}</UserDelegationKey>`,
  };
}

function invalidNode(value: string): BlobRefusal {
  return {
    status: 400,
    code: 'InvalidXmlNodeValue',
    message: 'The value for one of the XML nodes is not in the correct format.',
    details: { XmlNodeName: value, XmlNodeValue: value },
  };
}
