/** Templates and parameters that a deployment names by their address: fetched when the deployment is asked for. */
import { ArmError, type Json, type JsonObject } from '../../../core.ts';
import { objectOf, textOf } from '../../../json.ts';
import { parseLooseJson } from '../../../loose-json.ts';

/** Azure's own number, in bytes. */
const MOST = 4 * 1024 * 1024;
const TIME_MS = 20_000;

export interface Linked {
  properties: JsonObject;
  /** As the deployment tells them: address and version of what was there. */
  links: JsonObject;
}

/**
 * The properties of a deployment with all in its place that they link to.
 * Throws ArmError 400 InvalidContentLink for an address that gives no template, InvalidDeployment for one beside the other.
 */
export async function withLinked(properties: JsonObject, deployment: string): Promise<Linked> {
  const { templateLink, parametersLink, ...rest } = properties;
  const links: JsonObject = {};
  const load = async (
    key: string,
    beside: Json | undefined,
    link: Json | undefined,
  ): Promise<JsonObject | undefined> => {
    if (link === undefined) return undefined;
    if (beside !== undefined) {
      throw new ArmError(
        400,
        'InvalidDeployment',
        `The deployment has both '${key}' and '${key}Link': one may be given.`,
      );
    }
    const { uri, contentVersion, queryString, id } = objectOf(link);
    if (id !== undefined) {
      throw new ArmError(
        404,
        'TemplateSpecNotFound',
        `The local Azure has no template specs: '${textOf(id)}' is not there.`,
      );
    }
    const address = `${textOf(uri)}${queryString === undefined ? '' : `?${textOf(queryString).replace(/^\?/, '')}`}`;
    const content = await download(address, deployment);
    const version = content['contentVersion'];
    if (contentVersion !== undefined && contentVersion !== version) {
      throw new ArmError(
        400,
        'InvalidContentLink',
        `The content version '${textOf(version)}' of '${textOf(uri)}' is not the '${textOf(contentVersion)}' that was asked for.`,
      );
    }
    links[`${key}Link`] = { uri: textOf(uri), ...(key === 'template' ? { contentVersion: version ?? '1.0.0.0' } : {}) };
    return content;
  };
  const template = await load('template', rest['template'], templateLink);
  const parameters = await load('parameters', rest['parameters'], parametersLink);
  return {
    properties: {
      ...rest,
      ...(template === undefined ? {} : { template }),
      // A file of parameters has them in an object of that name.
      ...(parameters === undefined ? {} : { parameters: parameters['parameters'] ?? parameters }),
    },
    links,
  };
}

async function download(address: string, deployment: string): Promise<JsonObject> {
  const refuse = (why: string): ArmError =>
    new ArmError(
      400,
      'InvalidContentLink',
      `Unable to download deployment content from '${address}' for deployment '${deployment}': ${why}. Please see https://aka.ms/arm-deploy for usage details.`,
    );
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) throw refuse('it is no address');
  let text: string;
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(TIME_MS) });
    if (!answer.ok) throw refuse(`the answer was ${answer.status}`);
    text = await answer.text();
  } catch (error) {
    throw error instanceof ArmError ? error : refuse((error as Error).message);
  }
  if (text.length > MOST) throw refuse(`it is larger than ${MOST} bytes`);
  try {
    const content: unknown = parseLooseJson(text.replace(/^\uFEFF/, ''));
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content as JsonObject;
  } catch {
    // Refused below.
  }
  throw refuse('what is there is no JSON object');
}
