/** How each service words what does not fit in a body. */
import { ArmError, type JsonObject } from '../core.ts';
import type { Misfit } from './shape.ts';

interface Refused {
  type: string;
  body: JsonObject;
  /** Else what is asked of one. */
  isResource: boolean;
  /** What Microsoft.Compute puts before a target. */
  word: string;
}

export function refusalOf(misfit: Misfit, { type, body, isResource, word }: Refused): ArmError {
  const unread = misfit.why === 'unknown' || misfit.why === 'type';
  // What is beside the properties, Resource Manager reads itself.
  if (isResource && unread && !/^properties\b/.test(misfit.path)) return notDeserialized(misfit);
  switch ((type.split('/')[0] ?? '').toLowerCase()) {
    case 'microsoft.network':
      return ofNetwork(misfit);
    case 'microsoft.storage':
      return ofStorage(misfit, body);
    case 'microsoft.managedidentity':
      return ofManagedIdentity(misfit, type);
    case 'microsoft.authorization':
      // Locks are Resource Manager's own, whatever they are called.
      if (/\/locks$/i.test(type)) return notDeserialized(misfit);
      // Seen for a value of the wrong form, and all that it ever says; of what else is wrong nothing is known.
      return new ArmError(400, 'BadRequestFormat', 'The request was incorrectly formatted.');
    case 'microsoft.resources':
      return notDeserialized(misfit);
    default:
      return ofCompute(misfit, word);
  }
}

function notDeserialized(misfit: Misfit): ArmError {
  return new ArmError(
    400,
    'InvalidRequestContent',
    `The request content was invalid and could not be deserialized: '${reading(misfit)}'.`,
  );
}

function ofCompute(misfit: Misfit, word: string): ArmError {
  const { why, path, value } = misfit;
  const shape = misfit.shape?.is === 'whole' ? misfit.shape : { from: '', to: '' };
  const name = path.replace(/^properties\./, '');
  switch (why) {
    case 'missing':
      return invalid(name, `Required parameter '${name}' is missing (null).`);
    case 'choice':
      return invalid(name, `The value of parameter ${name} is invalid.`);
    case 'range':
      return invalid(
        name,
        `The value '${JSON.stringify(value)}' of parameter '${name}' is out of range. The value must be between '${shape.from}' and '${shape.to}', inclusive.`,
      );
    case 'unknown':
    case 'type':
      return new ArmError(400, 'BadRequest', reading(misfit), `${word}.${path}`);
  }
}

const invalid = (target: string, message: string): ArmError => new ArmError(400, 'InvalidParameter', message, target);

function ofNetwork(misfit: Misfit): ArmError {
  const detail = { code: misfit.why === 'missing' ? 'MissingJsonProperty' : 'InvalidJson', message: reading(misfit) };
  return new ArmError(400, 'InvalidRequestFormat', 'Cannot parse the request.', undefined, [detail]);
}

function ofStorage(misfit: Misfit, body: JsonObject): ArmError {
  // Seen for a value that could not be converted.
  if (misfit.why === 'type') {
    const message = `The request cannot be interpreted as valid Json: ${JSON.stringify(body, null, 2)}.`;
    return new ArmError(400, 'RequestIsNotValidJson', message);
  }
  // How it words a member that it does not know, if at all, was not found; this is how Resource Manager does.
  if (misfit.why === 'unknown') return notDeserialized(misfit);
  const name = misfit.path.replace(/^properties\./, '').split('.')[0] ?? '';
  return new ArmError(400, 'InvalidValuesForRequestParameters', `Values for request parameters are invalid: ${name}.`);
}

/** What a credential must have is as seen; that the rest is worded alike is an assumption. */
function ofManagedIdentity(misfit: Misfit, type: string): ArmError {
  const needs =
    misfit.why === 'missing' && /federatedIdentityCredentials$/i.test(type)
      ? ". Federated Identity Credential must specify 'issuer', 'subject' and 'audience'."
      : ` : ${reading(misfit)}`;
  return new ArmError(400, 'BadRequest', `The request format was unexpected${needs}`);
}

/** As the reader of JSON behind all of them words it; its line and position are those of a body on one line. */
function reading({ why, path, value, holder }: Misfit): string {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const at = `Path '${path}', line 1, position ${path.length + JSON.stringify(value ?? '').length}.`;
  if (why === 'unknown') return `Could not find member '${name}' on object of type '${holder}'. ${at}`;
  if (why === 'missing') return `Required property '${name}' not found in JSON. ${at}`;
  return `Error converting value ${JSON.stringify(value)} to type '${name}'. ${at}`;
}
