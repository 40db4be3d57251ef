/** A local Azure whose machines really run, where this host allows it. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { hasTool } from '../../../src/local-azure/machines/commands.ts';
import { FAST, startTestAzure, type TestAzure } from '../support.ts';
import { location } from './support.ts';

/** Shared between runs: making the base root file system takes half a minute. */
export const cacheDir =
  process.env['KILN_CACHE_DIR'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kiln');

/** Undefined, and the test is skipped with the reason, where this host allows no sandbox or lacks one of the tools. */
export async function startSandbox(t: TestContext, tools: string[] = []): Promise<TestAzure | undefined> {
  for (const name of tools) {
    if (!(await hasTool(name))) {
      t.skip(`this host has no ${name}`);
      return undefined;
    }
  }
  try {
    return await startTestAzure(t, { machine: 'sandbox', cacheDir });
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('no sandbox on this host')) {
      t.skip(error.message);
      return undefined;
    }
    throw error;
  }
}

/** Runs a script in a machine of the group `real`, to its end; its instance view. */
export async function run(azure: TestAzure, machine: string, name: string, script: string, urls: object = {}) {
  const { virtualMachineRunCommands: commands } = azure.clients.compute;
  await commands.createOrUpdate('real', machine, name, { location, source: { script }, ...urls }, FAST);
  const { instanceView } = await commands.getByVirtualMachine('real', machine, name, { expand: 'instanceView' });
  return instanceView ?? {};
}

/** Serves its own name on port 80, from within the machine; it outlives the script. */
export const SERVE = `rm -f /tmp/said
cat >/tmp/serve.pl <<'end'
use IO::Socket::INET;
my $name = shift;
my $server = IO::Socket::INET->new(LocalPort => 80, Listen => 5, ReuseAddr => 1) or die "no port: $!";
print "serving\\n"; close STDOUT;
while (my $client = $server->accept) { print $client "this is $name\\n"; close $client }
end
perl /tmp/serve.pl "$(hostname)" </dev/null >/tmp/said 2>&1 &
until grep -q . /tmp/said; do sleep 0.05; done; cat /tmp/said`;

/** What a server says, by perl, which every Debian has; a name that is not known and a way that is not there say so. */
export const ask = (host: string, port = 80): string => `perl -MIO::Socket::INET -e '
gethostbyname("${host}") or do { print "no such name\\n"; exit };
my $s = IO::Socket::INET->new(PeerAddr => "${host}", PeerPort => ${port}, Timeout => 2) or do { print "no way: $!\\n"; exit };
print <$s>'`;
