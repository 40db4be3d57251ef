/** What a request for a deployment asks for, with what it links to fetched and its template prepared. */
import { ArmError, type ArmRequest, type Json, type JsonObject, type Services } from '../../../core.ts';
import { objectOf, textOf } from '../../../json.ts';
import { groupIdOf } from '../../../resource-id.ts';
import { DEPLOYMENT } from './bodies.ts';
import { withLinked } from './linked.ts';
import { prepare, type Prepared, type Site } from './template.ts';

const NAME = /^[\w\-.()]{1,64}$/;

interface AskedFor {
  site: Site;
  prepared: Prepared;
  values: Record<string, Json>;
  /** What was fetched, as it is told. */
  links: JsonObject;
}

export const idOf = ({ subscriptionId, params }: ArmRequest): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${params['resourceGroup']}/providers/${DEPLOYMENT}/${params['deployment']}`;

/** Throws ArmError 400 with all that is wrong with the template. */
export async function readDeployment(
  { store, now }: Pick<Services, 'store' | 'now'>,
  request: ArmRequest,
): Promise<AskedFor> {
  const name = request.params['deployment'] ?? '';
  if (!NAME.test(name)) {
    throw new ArmError(
      400,
      'InvalidDeploymentName',
      `The provided deployment name '${name}' is not valid: expected 1 to 64 letters, digits, '-', '_', '.', '(' or ')'.`,
    );
  }
  const id = idOf(request);
  const site: Site = {
    id,
    name,
    subscriptionId: request.subscriptionId,
    resourceGroup: request.params['resourceGroup'] ?? '',
    location: textOf(store.get(groupIdOf(id) ?? '')?.body['location']),
    began: now(),
  };
  const { properties, links } = await withLinked(objectOf(request.body?.['properties']), name);
  refuseUnplayed(properties);
  const values = valuesOf(objectOf(properties['parameters']));
  return { site, prepared: prepare(site, objectOf(properties['template']), values), values, links };
}

/** What Azure takes and the local one does not, said instead of done otherwise. */
function refuseUnplayed(properties: JsonObject): void {
  const refuse = (message: string): never => {
    throw new ArmError(400, 'InvalidDeployment', message);
  };
  if (properties['template'] === undefined) {
    refuse('The deployment has no template: expected properties.template or properties.templateLink.');
  }
  if (!/^incremental$/i.test(textOf(properties['mode'] ?? 'Incremental'))) {
    refuse(`The local Azure deploys in mode Incremental only, got '${textOf(properties['mode'])}'.`);
  }
}

function valuesOf(parameters: JsonObject): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, held]): Array<[string, Json]> => {
      const { value, reference } = objectOf(held);
      if (reference !== undefined) {
        throw new ArmError(
          400,
          'InvalidDeployment',
          `The local Azure has no key vault to read the parameter '${name}' from.`,
        );
      }
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
