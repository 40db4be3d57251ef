/** Booting a sandboxed machine: the disk's layers mounted in a namespace of its own, and bubblewrap over them. */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quote, tool } from './commands.ts';
import type { MachineSpec } from './machine.ts';
import { ownHosts } from './networks.ts';
import type { Privileges } from './privileges.ts';
import { detached } from './processes.ts';
import { provisioningScript, sshScript } from './provisioning.ts';
import { AGENT, HOLDER } from './stand-ins.ts';

export const PASSED_ON = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const REBOOT = 11;

export async function startMachine(options: {
  folder: string;
  spec: MachineSpec;
  mount: { cwd: string; args: string[] };
  privileges: Privileges;
  stateDir: string;
  /** Makes the machine's network, if it has one of its own, and answers with the words that lead into it. */
  enterNetwork: (hosts: string) => Promise<string[]>;
}): Promise<void> {
  const { folder, spec, mount, privileges, stateDir, enterNetwork } = options;
  for (const name of ['root', 'spool']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['up', 'ended', 'process']) rmSync(join(folder, name), { force: true });
  if (!existsSync(join(folder, 'wake'))) await tool('mkfifo', [join(folder, 'wake')]);
  for (const [name, script] of Object.entries({ agent: AGENT, holder: HOLDER })) {
    writeFileSync(join(folder, name), script);
    chmodSync(join(folder, name), 0o755);
  }
  writeFileSync(join(folder, 'ca-bundle.crt'), trusted(stateDir));
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, `${ownHosts(spec.hostname)}\n`);
  writeFileSync(join(folder, 'wgetrc'), 'ca_certificate=/run/kiln/ca-bundle.crt\n');

  const { provisioning, sshAddress } = spec;
  const secret = { mode: 0o600 };
  writeFileSync(join(folder, 'provision'), provisioning === undefined ? '' : provisioningScript(provisioning), secret);
  writeFileSync(join(folder, 'ssh'), sshAddress === undefined ? '' : sshScript(sshAddress, sshPort()));

  // It says itself which process it is, and holds a lock: should we be killed right after its start, the next of us
  // finds it, and one that is started beside it ends at once. A reboot runs bubblewrap again; jobs that the reboot cut
  // off stay cut off. What is inside ends before bubblewrap itself does, which has a moment to say how; only one whose
  // agent is gone by itself is killed.
  const ready = quote(join(folder, 'spool/.ready'));
  const info = quote(join(folder, 'info'));
  const script = `
exec 9>${quote(join(folder, 'lock'))}
flock -n 9 || exit 0
read -r stat <"/proc/$$/stat"
set -- \${stat##*) }
echo "$$ \${20}" >${quote(join(folder, 'process.part'))}
mv ${quote(join(folder, 'process.part'))} ${quote(join(folder, 'process'))}
mount ${mount.args.map(quote).join(' ')} || { echo no mount >${quote(join(folder, 'ended'))}; exit 1; }
cd /
while :; do
  rm -f ${ready} ${info}
  bwrap --info-fd 8 ${sandbox(folder, spec).map(quote).join(' ')} 8>${info} 9>&- &
  holder=$!
  while [ ! -e ${ready} ] && kill -0 $holder 2>/dev/null; do sleep 0.01; done
  inside=$(sed -n 's/.*"child-pid": *\\([0-9]*\\).*/\\1/p' ${info})
  : >${quote(join(folder, 'up'))}
  { nsenter --target "$inside" --mount --pid --ipc --uts --root env -i ${environment().map(quote).join(' ')} /run/kiln/agent
    sleep 1; kill -KILL $holder; } 9>&- &
  watcher=$!
  wait $holder
  code=$?
  kill $watcher 2>/dev/null
  [ $code = ${REBOOT} ] || break
done
echo $code >${quote(join(folder, 'ended'))}
`;
  const console = openSync(join(folder, 'console'), 'a');
  const [command = '', ...entering] = [...(await enterNetwork(hosts)), ...privileges.enter];
  detached(command, [...entering, 'sh', '-c', script], mount.cwd, console);
  closeSync(console);
}

/** What all that runs in the machine begins with. */
function environment(): string[] {
  const variables = {
    PATH,
    HOME: '/root',
    LANG: 'C.UTF-8',
    SYSTEMD_OFFLINE: '1',
    SSL_CERT_FILE: '/run/kiln/ca-bundle.crt',
    CURL_CA_BUNDLE: '/run/kiln/ca-bundle.crt',
    REQUESTS_CA_BUNDLE: '/run/kiln/ca-bundle.crt',
    WGETRC: '/run/kiln/wgetrc',
    ...Object.fromEntries(
      PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
  };
  return Object.entries(variables).map(([name, value]) => `${name}=${value ?? ''}`);
}

function sandbox(folder: string, spec: MachineSpec): string[] {
  const bind = (name: string): string[] => ['--bind', join(folder, name), `/run/kiln/${name}`];
  const readable = (name: string): string[] => ['--ro-bind', join(folder, name), `/run/kiln/${name}`];
  return [
    '--bind',
    join(folder, 'root'),
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    '--ro-bind',
    '/sys',
    '/sys',
    // Parents that bubblewrap makes by itself are closed to apt's own user, who then cannot resolve names.
    '--perms',
    '0755',
    '--tmpfs',
    '/run',
    '--perms',
    '0755',
    '--dir',
    '/run/lock',
    '--perms',
    '0755',
    '--dir',
    '/run/systemd',
    '--perms',
    '0755',
    '--dir',
    '/run/systemd/resolve',
    '--perms',
    '0755',
    '--dir',
    '/run/kiln',
    '--ro-bind-try',
    '/etc/resolv.conf',
    '/etc/resolv.conf',
    '--ro-bind',
    join(folder, 'hosts'),
    '/etc/hosts',
    ...Object.entries(spec.tools ?? {}).flatMap(([name, from]) => ['--ro-bind', from, `/run/kiln/tools/${name}`]),
    ...bind('spool'),
    ...bind('wake'),
    ...bind('provision'),
    ...readable('ssh'),
    ...readable('agent'),
    ...readable('holder'),
    ...readable('ca-bundle.crt'),
    ...readable('wgetrc'),
    // Whoever ends the outermost process ends all: without this the inner ones would live on by themselves.
    '--die-with-parent',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--hostname',
    spec.hostname,
    '--clearenv',
    '--setenv',
    'PATH',
    PATH,
    '--chdir',
    '/',
    '/run/kiln/holder',
  ];
}

/** Azure's own, where this user may take it. */
function sshPort(): number {
  if (process.getuid?.() === 0) return 22;
  return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) <= 22 ? 22 : 2222;
}

/** The host's authorities and the local Azure's own, for downloads inside; the image itself is not touched. */
function trusted(stateDir: string): string {
  const files = ['/etc/ssl/certs/ca-certificates.crt', join(stateDir, 'ca/ca.pem')];
  return files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')).join('\n');
}
