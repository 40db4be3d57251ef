/** The one key that is Kiln's own: Azure has no such field, and never sees it. */
import { z } from 'zod';
import { parseDuration } from '../duration.ts';
import { flag, strictObject, text } from './values.ts';
import { versionNotes } from './version-notes.ts';

const timeout = text
  .refine((given) => given === '' || parseDuration(given) !== undefined, 'expected a duration such as 10m or 2h')
  .optional()
  .describe('How long the machine may take to be back, as in 10m (the default) or 2h.');

const restart = z
  .union([flag, strictObject({ timeout })], { error: 'expected true, false, or an object with a timeout' })
  .optional()
  .describe('Restart the machine after the script, and wait until it is back.');

/** Of a Shell customizer, in every api-version. */
export const kilnKey = {
  kiln: strictObject({ restart })
    .optional()
    .describe("What Kiln adds to Azure's fields.")
    .register(versionNotes, { own: 'offered' }),
};

/** Where a restart would have no meaning: read only so that a person is told what there is instead. */
export function noRestart(error: string): { kiln: typeof kilnKey.kiln } {
  const kiln = strictObject({ restart: z.never({ error }).optional() }).optional();
  // Typed as the one that has it; whoever gives it is refused.
  return { kiln: kiln.register(versionNotes, { own: 'refused' }) as unknown as typeof kilnKey.kiln };
}
