/** The one key that is Kiln's own: Azure has no such field, and never sees it. */
import { z } from 'zod';
import { parseDuration } from '../duration.ts';
import { flag, objects, strictObject, text, whole } from './values.ts';
import { versionNotes } from './version-notes.ts';

const MAX_RETRIES = 20;
/** A name that a shell can export. */
const VARIABLE = /^[A-Za-z_]\w*$/;

const duration = (example: string) =>
  text
    .refine((given) => given === '' || parseDuration(given) !== undefined, `expected a duration such as ${example}`)
    .optional();

const restart = z
  .union(
    [
      flag,
      strictObject({
        timeout: duration('10m or 2h').describe(
          'How long the machine may take to be back, as in 10m (the default) or 2h.',
        ),
      }),
    ],
    { error: 'expected true, false, or an object with a timeout' },
  )
  .optional()
  .describe('Restart the machine after the script, and wait until it is back.');

const file = text
  .optional()
  .describe('Path of a file on the machine where kiln runs, from the folder of the template; in place of an address.');

const folder = text
  .optional()
  .describe('Path of a folder on the machine where kiln runs; what is in it comes into the folder destination.');

/** Of every customizer and validator. */
const ofAnyStep = {
  pauseBefore: duration('30s or 5m').describe('Wait so long before the step, and before each retry.'),
  retries: whole(0, MAX_RETRIES).optional().describe('How often the step is tried again after it failed.'),
};
const ofFiles = {
  ...ofAnyStep,
  file,
  timeout: duration('30s or 2h').describe('The step fails when it takes longer.'),
};
const ofScripts = {
  ...ofFiles,
  environment: z
    .record(z.string().regex(VARIABLE, 'expected a name of letters, digits and _'), text, {
      error: 'expected an object of texts',
    })
    .optional()
    .describe('Environment variables of the script.'),
};
const ofShell = {
  ...ofScripts,
  validExitCodes: objects(whole(0, 255)).optional().describe('Exit codes that mean success; by default only 0.'),
  executeCommand: text
    .refine((given) => given === '' || /\{\{\s*\.Path\s*\}\}/.test(given), 'expected {{ .Path }} in it')
    .optional()
    .describe('How the script is started: {{ .Path }} is the script, {{ .Vars }} its environment as NAME=value.'),
};

function own<S extends z.core.$ZodLooseShape>(shape: S) {
  return {
    kiln: strictObject(shape)
      .optional()
      .describe("What Kiln adds to Azure's fields.")
      .register(versionNotes, { own: 'offered' }),
  };
}

/** Of a Shell customizer, in every api-version. */
export const shellKey = own({ ...ofShell, restart });
export const fileKey = own({ ...ofFiles, folder });
/** Of WindowsRestart and WindowsUpdate, which have no content. */
export const stepKey = own(ofAnyStep);
export const powerShellKey = own({ ...ofScripts, restart: refused('WindowsRestart') });
/** Typed as the one that has a restart; whoever gives it is refused. */
export const shellCheckKey = own({ ...ofShell, restart: refused('check') }) as unknown as typeof shellKey;
export const powerShellCheckKey = own({ ...ofScripts, restart: refused('check') });

/** Where a restart would have no meaning: read only so that a person is told what there is instead. */
function refused(why: 'WindowsRestart' | 'check') {
  const error =
    why === 'check'
      ? 'expected no restart: a validator looks at the machine as it booted'
      : 'expected a WindowsRestart step after this one: kiln.restart is for Shell customizers';
  return z.never({ error }).optional().register(versionNotes, { own: 'refused' });
}
