/** Every function that a template may call, by its name in lower case. */
import type { TemplateFunction } from '../evaluate.ts';
import { collections } from './collections.ts';
import { dates } from './dates.ts';
import { deployment } from './deployment.ts';
import { logic } from './logic.ts';
import { networks } from './networks.ts';
import { texts } from './texts.ts';

export const TEMPLATE_FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map(
  Object.entries({ ...texts, ...collections, ...logic, ...deployment, ...dates, ...networks }),
);
