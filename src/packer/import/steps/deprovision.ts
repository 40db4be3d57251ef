/**
 * Packer's files for Azure end by deprovisioning their machine. Capturing does it here, after all steps and not before;
 * in another way than its own, it is done by the script that Image Builder and Kiln look for.
 */
import type { Fields } from '../../fields.ts';
import type { Collected } from '../collected.ts';
import { addStep } from './common.ts';

const USUAL =
  /^\s*(sudo\s+)?(\/usr\/sbin\/)?waagent\s+(-force\s+|--force\s+)?-deprovision(\+user)?(\s+-force)?(\s*&&\s*export HISTSIZE=0)?(\s*&&\s*sync)?\s*;?\s*$/;

/** The lines that are left for a step. */
export function withoutDeprovisioning(fields: Fields, to: Collected, lines: string[]): string[] {
  const setting = fields.has('inline') ? 'inline' : fields.has('script') ? 'script' : 'scripts';
  if (to.build.osType === 'Windows') {
    const text = lines.join('\\n');
    if (!/sysprep/i.test(text) || !/generalize/i.test(text)) return lines;
    return asScript(fields, to, setting, 'C:\\DeprovisioningScript.ps1', lines);
  }
  const isDeprovisioning = (line: string): boolean => /\bwaagent\b[^\n]*-deprovision/.test(line);
  if (!lines.some(isDeprovisioning)) return lines;
  const left = lines.filter((line) => !isDeprovisioning(line));
  const own = lines.filter(isDeprovisioning);
  if (own.every((line) => USUAL.test(line))) {
    fields.note('changed', setting, 'the machine is deprovisioned when it is captured, after all steps');
  } else asScript(fields, to, setting, '/tmp/DeprovisioningScript.sh', own);
  return left;
}

function asScript(fields: Fields, to: Collected, setting: string, destination: string, lines: string[]): [] {
  fields.note('changed', setting, `is run when the machine is captured, after all steps, as ${destination}`);
  const name = destination.replace(/^.*[/\\]/, '');
  addStep(to, { type: 'File', name: 'deprovision', destination }, { file: to.write(name, `${lines.join('\n')}\n`) });
  return [];
}
