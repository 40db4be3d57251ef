/**
 * Beside the stages, where it is asked for: reads that are behind writes, as Azure's may be for a moment. What a request
 * wrote to its end is not found by the next read of it. What goes on as an operation is asked about first, and shown.
 */
import { ArmError } from '../core.ts';
import { resourceNotFound } from '../refusals.ts';
import type { Stage } from './environment.ts';

export interface StaleReads {
  stage: Stage;
  /** Before, all is seen at once: nobody looks after what a new local Azure is given. */
  begin(): void;
}

export function createStaleReads(): StaleReads {
  const unseen = new Set<string>();
  let begun = false;
  return {
    begin: () => {
      begun = true;
    },
    stage: async (c, next) => {
      const id = c.get('path');
      const key = id.toLowerCase();
      if (['GET', 'HEAD'].includes(c.req.method) && unseen.delete(key)) throw notFound(id);
      await next();
      const { headers, ok, status } = c.res;
      const goesOn = status === 202 || headers.has('azure-asyncoperation');
      if (begun && c.req.method === 'PUT' && ok && !goesOn) unseen.add(key);
    },
  };
}

function notFound(id: string): ArmError {
  const group = /\/resourcegroups\/([^/]+)$/i.exec(id)?.[1];
  if (group === undefined) return resourceNotFound(id);
  return new ArmError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
}
