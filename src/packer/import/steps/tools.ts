/** Ansible, Puppet and Chef where they run inside the machine: what they need as files, then the command that Packer runs. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Fields } from '../../fields.ts';
import type { Collected } from '../collected.ts';
import { addStep, secondsOf, tries } from './common.ts';
import { folder } from './file.ts';

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

interface Tool {
  to: Collected;
  fields: Fields;
  /** In the machine. */
  staging: string;
}

/** A file or folder of this setting put into the staging folder; answers where. */
function staged(
  { to, fields, staging }: Tool,
  name: string,
  path: string,
  target = basename(path),
): string | undefined {
  const from = to.find(fields, name, path);
  if (from === undefined) return undefined;
  const place = `${staging}/${target}`;
  if (statSync(from).isDirectory()) folder(to, from, place);
  else addStep(to, { type: 'File', name: `file-${basename(from)}`, destination: place }, { file: to.copy(from) });
  return place;
}

function begin(fields: Fields, to: Collected, preset: string): Tool | undefined {
  if (to.build.osType === 'Windows') {
    fields.note('refused', '', 'is taken over for Linux only');
    return undefined;
  }
  const staging = fields.text('staging_directory') ?? fields.text('staging_dir') ?? preset;
  fields.note('changed', '', `its files are put into ${staging} and its command is run there, as root`);
  addStep(to, { type: 'Shell', name: `${fields.kind}-folder`, inline: [`mkdir -p ${quote(staging)}`] }, {});
  return { to, fields, staging };
}

function run({ to, fields, staging }: Tool, name: string, lines: string[], kiln: Record<string, unknown> = {}): void {
  const { each } = tries(fields, to);
  const pause = secondsOf(fields, 'pause_before');
  const clean = fields.flag('clean_staging_directory') === true ? [`rm -rf ${quote(staging)}`] : [];
  addStep(
    to,
    { type: 'Shell', name, inline: [`cd ${quote(staging)}`, ...lines, 'cd /', ...clean] },
    { ...kiln, ...each, ...(pause === 0 ? {} : { pauseBefore: `${pause}s` }) },
  );
}

export function ansibleLocal(fields: Fields, to: Collected): void {
  const tool = begin(fields, to, '/tmp/packer-provisioner-ansible-local');
  if (tool === undefined) return;
  const { staging } = tool;
  const playbooks = [...fields.texts('playbook_file'), ...fields.texts('playbook_files')];
  if (playbooks.length === 0) fields.problem('playbook_file', 'expected playbook_file or playbook_files');
  for (const name of ['playbook_dir', 'group_vars', 'host_vars'] as const) {
    const path = fields.text(name);
    if (path !== undefined) staged(tool, name, path, name === 'playbook_dir' ? '.' : name);
  }
  for (const [name, target] of [
    ['playbook_paths', ''],
    ['role_paths', 'roles/'],
    ['collection_paths', 'collections/'],
  ] as const) {
    for (const path of fields.texts(name)) staged(tool, name, path, `${target}${basename(path)}`);
  }
  const places = playbooks.map((path) =>
    staged(tool, fields.has('playbook_file') ? 'playbook_file' : 'playbook_files', path),
  );
  const inventory = fields.text('inventory_file');
  const groups = fields.texts('inventory_groups');
  const hosts = ['127.0.0.1', ...groups.flatMap((group) => [`[${group}]`, '127.0.0.1'])].join('\n');
  if (inventory !== undefined) staged(tool, 'inventory_file', inventory, 'inventory');
  else {
    const local = to.write('ansible-inventory', `${hosts}\n`);
    addStep(to, { type: 'File', name: 'file-inventory', destination: `${staging}/inventory` }, { file: local });
  }
  const galaxy = fields.text('galaxy_file');
  const requirements = galaxy === undefined ? undefined : staged(tool, 'galaxy_file', galaxy);
  const command = fields.text('command') ?? 'ANSIBLE_FORCE_COLOR=1 PYTHONUNBUFFERED=1 ansible-playbook';
  const galaxyCommand = fields.text('galaxy_command') ?? 'ansible-galaxy';
  const roles = `${fields.text('galaxy_roles_path') ?? `${staging}/roles`}`;
  fields.noteGiven('lost', ['galaxy_collections_path'], 'collections are installed where ansible-galaxy puts them');
  const more = fields.texts('extra_arguments').join(' ');
  const facts = `--extra-vars ${quote(`packer_build_name=${to.build.label} packer_builder_type=${to.build.type} packer_http_addr=`)}`;
  run(tool, 'ansible-local', [
    ...(requirements === undefined ? [] : [`${galaxyCommand} install -r ${quote(requirements)} -p ${quote(roles)}`]),
    ...places.map(
      (place) => `${command} ${quote(place ?? '')} ${facts} ${more} -c local -i ${quote(`${staging}/inventory`)}`,
    ),
  ]);
}

export function puppetMasterless(fields: Fields, to: Collected): void {
  const tool = begin(fields, to, '/tmp/packer-puppet-masterless');
  if (tool === undefined) return;
  fields.noteGiven(
    'lost',
    ['execute_command', 'guest_os_type', 'puppet_bin_dir'],
    'puppet apply is run as Packer runs it unless told otherwise',
  );
  fields.noteGiven('needless', ['prevent_sudo'], 'it runs as root');
  const modules = fields
    .texts('module_paths')
    .map((path, index) => staged(tool, 'module_paths', path, `module-${index}`) ?? '');
  const hiera = fields.text('hiera_config_path');
  const config = hiera === undefined ? undefined : staged(tool, 'hiera_config_path', hiera, 'hiera.yaml');
  const dir = fields.text('manifest_dir');
  if (dir !== undefined) staged(tool, 'manifest_dir', dir, 'manifests');
  const manifest = fields.text('manifest_file') ?? '';
  const target = staged(tool, 'manifest_file', manifest, `manifest-${basename(manifest)}`);
  const facter = Object.entries({
    ...fields.map('facter'),
    packer_build_name: to.build.label,
    packer_builder_type: to.build.type,
  });
  const workingDirectory = fields.text('working_directory');
  const options = [
    ...(modules.length === 0 ? [] : [`--modulepath=${quote(modules.join(':'))}`]),
    ...(config === undefined ? [] : [`--hiera_config=${quote(config)}`]),
    ...fields.texts('extra_arguments'),
  ];
  const ignore = fields.flag('ignore_exit_codes') === true;
  // With --detailed-exitcodes, 2 means that something was changed.
  run(
    tool,
    'puppet-masterless',
    [
      ...(workingDirectory === undefined ? [] : [`cd ${quote(workingDirectory)}`]),
      `puppet apply --detailed-exitcodes --verbose ${options.join(' ')} ${quote(target ?? '')} || ${ignore ? 'true' : '[ $? -eq 2 ]'}`,
    ],
    { environment: Object.fromEntries(facter.map(([name, value]) => [`FACTER_${name}`, value])) },
  );
}

export function chefSolo(fields: Fields, to: Collected): void {
  const tool = begin(fields, to, '/tmp/packer-chef-solo');
  if (tool === undefined) return;
  const { staging } = tool;
  fields.noteGiven(
    'lost',
    [
      'config_template',
      'execute_command',
      'install_command',
      'guest_os_type',
      'encrypted_data_bag_secret_path',
      'chef_license',
    ],
    'chef-solo is installed and run as Packer does unless told otherwise',
  );
  fields.noteGiven('needless', ['prevent_sudo'], 'it runs as root');
  const books = fields
    .texts('cookbook_paths')
    .map((path, index) => staged(tool, 'cookbook_paths', path, `cookbooks-${index}`) ?? '');
  const remote = fields.texts('remote_cookbook_paths');
  const folders = (
    [
      ['roles_path', 'role_path', 'roles'],
      ['data_bags_path', 'data_bag_path', 'data_bags'],
      ['environments_path', 'environment_path', 'environments'],
    ] as const
  ).flatMap(([name, setting, target]) => {
    const path = fields.text(name);
    return path === undefined ? [] : [`${setting} "${staged(tool, name, path, target) ?? ''}"`];
  });
  const environment = fields.text('chef_environment');
  const config = [
    `cookbook_path [${[...remote, ...books].map((path) => `"${path}"`).join(', ')}]`,
    ...folders,
    ...(environment === undefined ? [] : [`environment "${environment}"`]),
    '',
  ].join('\n');
  const json = fields.value('json');
  const attributes = typeof json === 'object' && json !== null ? json : {};
  const node = JSON.stringify({ ...attributes, run_list: fields.texts('run_list') }, null, 2);
  for (const [name, content] of [
    ['solo.rb', config],
    ['node.json', `${node}\n`],
  ] as const) {
    addStep(
      to,
      { type: 'File', name: `file-${name}`, destination: `${staging}/${name}` },
      { file: to.write(name, content) },
    );
  }
  const version = fields.text('version');
  const install = `command -v chef-solo >/dev/null || curl -L https://omnitruck.chef.io/install.sh | bash${version === undefined ? '' : ` -s -- -v ${quote(version)}`}`;
  run(tool, 'chef-solo', [
    ...(fields.flag('skip_install') === true ? [] : [install]),
    `chef-solo --no-color -c ${quote(`${staging}/solo.rb`)} -j ${quote(`${staging}/node.json`)}`,
  ]);
}
