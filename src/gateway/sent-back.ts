/**
 * Clients send back what they were shown, changed in one place. What the service had filled in means there what it meant
 * when it was not given.
 */
import type { TemplateView } from '../workflows/template-messages.ts';
import { isObject } from './merge-patch.ts';
import { templateBody } from './template-body.ts';

type Json = Record<string, unknown>;

/** @param former the template that is changed; undefined for a new one */
export function asWritten(body: Json, former: TemplateView | undefined, apiVersion: string): Json {
  const { properties } = body;
  if (!isObject(properties)) return body;
  const { source, customize, validate } = properties;
  const shown = former === undefined ? {} : partsOf(templateBody(former, undefined, apiVersion) as Json);
  const written = former === undefined ? {} : partsOf(former.resource as unknown as Json);
  return {
    ...body,
    properties: {
      ...properties,
      ...(isObject(source) ? { source: withoutExactVersion(source) } : {}),
      ...(Array.isArray(customize) ? { customize: withoutDigests(customize, shown.customize, written.customize) } : {}),
      ...(isObject(validate) && Array.isArray(validate['inVMValidations'])
        ? {
            validate: {
              ...validate,
              inVMValidations: withoutDigests(validate['inVMValidations'], shown.validators, written.validators),
            },
          }
        : {}),
    },
  };
}

/** `latest (18.04.202004290)`, as old api-versions show it. */
function withoutExactVersion(source: Json): Json {
  const { version } = source;
  return typeof version === 'string' && /^latest \(.+\)$/.test(version) ? { ...source, version: 'latest' } : source;
}

/** A digest that was found and not given pins nothing: each run fetches anew. */
function withoutDigests(steps: unknown[], shown: Json[] = [], written: Json[] = []): unknown[] {
  const found = shown.filter((_, at) => !written[at]?.['sha256Checksum']);
  return steps.map((step) => {
    if (!isObject(step)) return step;
    const { sha256Checksum: digest, ...rest } = step;
    const isFound = found.some(
      (one) => one['sha256Checksum'] === digest && addressOf(one) === addressOf(step) && digest !== undefined,
    );
    return isFound ? rest : step;
  });
}

const addressOf = ({ scriptUri, sourceUri }: Json): unknown => scriptUri ?? sourceUri;

function partsOf({ properties }: Json): { customize?: Json[]; validators?: Json[] } {
  const { customize, validate } = properties as { customize?: Json[]; validate?: { inVMValidations?: Json[] } };
  return {
    ...(customize === undefined ? {} : { customize }),
    ...(validate?.inVMValidations === undefined ? {} : { validators: validate.inVMValidations }),
  };
}
