/**
 * Virtual networks of sandboxed machines. A machine without a public address gets a network namespace of its own with
 * its private address in it; the machines of one virtual network are joined by a router, a namespace too, which knows
 * only them. What goes out of a machine goes by pasta, which needs nothing of the host's but a socket for each
 * connection. Namespaces belong to the kernel: they outlive this process, and end with what is deleted here.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { quote, tool } from './commands.ts';

export interface MachineNetwork {
  /** The virtual network's; the machines with the same one reach each other. */
  id: string;
  /** Private, of the first network interface. */
  address: string;
  /** First address of the subnet, at which the router is itself. */
  gateway: string;
  /** Ranges of the virtual network, as in 10.0.0.0/16. */
  ranges: string[];
  /** By which others know the machine. */
  names: string[];
}

/** Whoever puts a program of the host's own into the router's namespace is known to the machines by this name. */
const BESIDE = 'host.kiln.internal';

interface Member {
  address: string;
  gateway: string;
  names: string[];
  /** The file that is the machine's /etc/hosts. */
  hosts: string;
}

export class Networks {
  readonly #folder: string;
  readonly #stateDir: string;
  /** Joining and leaving change the same router and the same files: one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(stateDir: string) {
    // The same whatever folder a later process is started in.
    this.#stateDir = resolve(stateDir);
    this.#folder = join(stateDir, 'networks');
  }

  /**
   * Makes the machine's namespace anew, and tells the others of it.
   * @param ports of 127.0.0.1 that are lent to it
   * @returns the words that run what follows them in that namespace
   */
  join(key: string, network: MachineNetwork, hosts: string, ports: number[]): Promise<string[]> {
    return this.#alone(async () => {
      const { id, address, gateway, names } = network;
      await this.#leave(key);
      const folder = join(this.#folder, hash(id));
      mkdirSync(folder, { recursive: true });
      // Noted first: what is half made is found and removed too.
      const part = `${this.#folder}.part`;
      writeFileSync(part, JSON.stringify({ address, gateway, names, hosts } satisfies Member));
      renameSync(part, join(folder, key));
      const namespaces = this.#names(key, id);
      try {
        await tool('sh', ['-c', joining(namespaces, network, ports)]);
      } catch (error) {
        await this.#leave(key);
        throw error;
      }
      this.#tell(folder);
      return ['nsenter', `--net=/run/netns/${namespaces.machine}`];
    });
  }

  /** Safe where the machine is in no network. */
  leave(key: string): Promise<void> {
    return this.#alone(() => this.#leave(key));
  }

  /** The namespace of a virtual network, to put programs of the host's own beside its machines. */
  routerOf = (id: string): string => this.#names('', id).router;

  async #leave(key: string): Promise<void> {
    for (const network of existsSync(this.#folder) ? readdirSync(this.#folder) : []) {
      const folder = join(this.#folder, network);
      if (!existsSync(join(folder, key))) continue;
      const { machine, router } = this.#names(key, network, network);
      const last = readdirSync(folder).length === 1;
      await remove(machine);
      if (last) await remove(router);
      rmSync(last ? folder : join(folder, key), { recursive: true });
      if (!last) this.#tell(folder);
    }
  }

  /** Written in place: the machines have these very files for their /etc/hosts. */
  #tell(folder: string): void {
    const members = readdirSync(folder).map((key) => JSON.parse(readFileSync(join(folder, key), 'utf8')) as Member);
    for (const { gateway, names, hosts } of members) {
      const others = members.map((other) => `${other.address} ${other.names.join(' ')}`);
      if (existsSync(hosts))
        writeFileSync(hosts, [ownHosts(names[0] ?? ''), ...others, `${gateway} ${BESIDE}`, ''].join('\n'));
    }
  }

  #names(key: string, id: string, network = hash(id)): { machine: string; router: string; link: string } {
    const machine = hash(`${this.#stateDir} ${key}`);
    return {
      machine: `kiln-vm-${machine}`,
      router: `kiln-net-${hash(`${this.#stateDir} ${network}`)}`,
      link: `m${machine}`,
    };
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work);
    this.#last = next.catch(() => {});
    return next;
  }
}

/** Undefined where this host lets machines have namespaces, else in words why not. */
export async function networkObstacle(stateDir: string): Promise<string | undefined> {
  const networks = new Networks(join(stateDir, `try-${process.pid}`));
  const trial = { id: 'trial', address: '10.0.0.4', gateway: '10.0.0.1', ranges: ['10.0.0.0/24'], names: ['trial'] };
  try {
    const enter = await networks.join('trial', trial, '/nonexistent', []);
    await tool(enter[0] ?? '', [...enter.slice(1), 'true']);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await networks.leave('trial').catch(() => {});
    rmSync(join(stateDir, `try-${process.pid}`), { recursive: true, force: true });
  }
}

/** What /etc/hosts of a machine says of itself. */
export const ownHosts = (hostname: string): string => `127.0.0.1 localhost ${hostname}\n::1 localhost`;

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 10);

/** What still runs in it goes on without a name, and takes its links with it when it ends. */
const remove = (namespace: string): Promise<string> =>
  tool('sh', ['-c', `[ ! -e /run/netns/${namespace} ] || ip netns del ${namespace}`]);

/** Between a machine and pasta: a range that is nobody's, so that no virtual network overlaps it. */
const OUTSIDE = { address: '192.0.0.2', netmask: '255.255.255.248', gateway: '192.0.0.1' };

/**
 * There may be no bridge in the host's kernel, so the router routes: it answers for every address that it has a link
 * to, and has no way out itself. The host's DNS servers go by pasta wherever they are, one at a loopback address too.
 */
function joining(
  { machine, router, link }: { machine: string; router: string; link: string },
  { address, gateway, ranges }: MachineNetwork,
  ports: number[],
): string {
  return `
set -eu
PATH="$PATH:/usr/sbin:/sbin"
if [ ! -e /run/netns/${router} ]; then
  ip netns add ${router}
  ip -n ${router} link set lo up
  ip netns exec ${router} sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
fi
ip -n ${router} addr replace ${quote(`${gateway}/32`)} dev lo
ip -n ${router} link del ${link} 2>/dev/null || true
ip netns add ${machine}
ip -n ${machine} link set lo up
ip -n ${machine} link add vnet0 type veth peer name ${link} netns ${router}
ip -n ${machine} addr add ${quote(`${address}/32`)} dev vnet0
ip -n ${machine} link set vnet0 up
${ranges.map((range) => `ip -n ${machine} route add ${quote(range)} dev vnet0 src ${quote(address)}`).join('\n')}
ip -n ${router} link set ${link} up
ip -n ${router} route replace ${quote(`${address}/32`)} dev ${link}
ip netns exec ${router} sh -c 'echo 1 >/proc/sys/net/ipv4/conf/${link}/proxy_arp; echo 0 >/proc/sys/net/ipv4/neigh/${link}/proxy_delay'
ports=${ports.join(',')}
udp=none
servers=$(sed -n 's/^nameserver *\\([0-9.]*\\)$/\\1/p' /etc/resolv.conf 2>/dev/null | tr '\\n' ' ')
case " $servers" in *' 127.'*) ports=53\${ports:+,$ports} udp=53 ;; esac
pasta --netns /run/netns/${machine} --netns-only --runas 0 --config-net --ns-ifname eth0 --no-map-gw --quiet \
  --address ${OUTSIDE.address} --netmask ${OUTSIDE.netmask} --gateway ${OUTSIDE.gateway} \
  --tcp-ports none --udp-ports none --tcp-ns "\${ports:-none}" --udp-ns $udp 2>&1
for server in $servers; do
  case $server in 127.*) ;; *) ip -n ${machine} route replace "$server/32" via ${OUTSIDE.gateway} dev eth0 ;; esac
done
`;
}
