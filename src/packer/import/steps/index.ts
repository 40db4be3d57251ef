/** Provisioners by their kind. What is not taken over is refused by its name, with the reason. */
import type { Fields } from '../../fields.ts';
import type { Report } from '../../report.ts';
import type { Collected } from '../collected.ts';
import { forBuild } from './common.ts';
import { file } from './file.ts';
import { powershell, shell } from './shell.ts';
import { ansibleLocal, chefSolo, puppetMasterless } from './tools.ts';
import { windowsRestart, windowsUpdate } from './windows.ts';

const KINDS: Record<string, (fields: Fields, to: Collected) => void> = {
  shell,
  powershell,
  file,
  'windows-restart': windowsRestart,
  'windows-update': windowsUpdate,
  'ansible-local': ansibleLocal,
  'puppet-masterless': puppetMasterless,
  'chef-solo': chefSolo,
};

const NO_WAY_IN = 'runs where Packer runs and connects to the machine, into which Kiln lets nothing';
const REFUSED: Record<string, string> = {
  'shell-local': 'runs where Packer runs; a build runs on a worker, so run it before kiln build, as in a pipeline',
  ansible: `${NO_WAY_IN}: ansible-local is taken over`,
  inspec: NO_WAY_IN,
  'chef-client': 'needs a Chef server and its keys: chef-solo is taken over',
  'puppet-server': 'needs a Puppet server and its certificates: puppet-masterless is taken over',
  'salt-masterless': 'is not taken over: put its states into the machine by file, and run salt-call by shell',
  converge: 'is not taken over: run it by shell',
  'windows-shell': 'runs by cmd.exe, which no step does: make it a powershell provisioner',
  'hcp-sbom': 'uploads to HCP Packer',
};
const NEEDLESS: Record<string, string> = {
  breakpoint: 'stops Packer for a person; errorHandling abort leaves a machine that failed',
};

export function importSteps(provisioners: Fields[], to: Collected, report: Report): void {
  for (const given of provisioners) {
    const fields = forBuild(given, to.build, report);
    if (fields === undefined) continue;
    const { kind } = fields;
    const take = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
    if (take !== undefined) {
      take(fields, to);
      // What is refused whole needs no word on its settings.
      if (!fields.isRefused) fields.close();
    } else if (kind in NEEDLESS) fields.note('needless', '', NEEDLESS[kind] ?? '');
    else fields.note('refused', '', REFUSED[kind] ?? 'is a provisioner that the import does not know');
  }
}
