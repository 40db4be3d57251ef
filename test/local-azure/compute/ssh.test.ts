import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { eventually, FAST } from '../support.ts';
import { run, startSandbox } from './sandbox-support.ts';
import { describeMachine, location, makeNic } from './support.ts';

const command = promisify(execFile);

test('a machine with a public address is reached by SSH as its administrator', { timeout: 300_000 }, async (t) => {
  const azure = await startSandbox(t, ['ssh', 'scp', 'ssh-keygen']);
  if (azure === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'kiln-ssh-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const key = join(folder, 'key');
  await command('ssh-keygen', ['-q', '-t', 'rsa', '-N', '', '-f', key]);

  const { compute, network } = azure.clients;
  await makeNic(azure, 'real', 'private');
  const address = await network.publicIPAddresses.createOrUpdate(
    'real',
    'ip',
    { location, sku: { name: 'Standard' }, publicIPAllocationMethod: 'Static' },
    FAST,
  );
  const subnet = { id: `${address.id?.replace('publicIPAddresses/ip', 'virtualNetworks/vnet')}/subnets/build` };
  const nic = await network.networkInterfaces.createOrUpdate(
    'real',
    'public',
    { location, ipConfigurations: [{ name: 'main', subnet, publicIPAddress: { id: address.id ?? '' } }] },
    FAST,
  );
  const ssh = {
    publicKeys: [{ path: '/home/packer/.ssh/authorized_keys', keyData: readFileSync(`${key}.pub`, 'utf8') }],
  };
  const osProfile = {
    computerName: 'reached',
    adminUsername: 'packer',
    adminPassword: "It's-Secret-123456",
    customData: Buffer.from('#!/bin/sh\necho "Secret-123456 of $(hostname)" >/etc/custom\n').toString('base64'),
    linuxConfiguration: { disablePasswordAuthentication: false, ssh },
  };
  const body = describeMachine(nic.id ?? '', { osProfile });
  const made = await compute.virtualMachines.createOrUpdate('real', 'vm', body, FAST);
  assert.ok(!JSON.stringify(made).includes('Secret-123456'));
  const stored = azure.azure.services.store.get(made.id ?? '');
  assert.ok(!JSON.stringify(stored).includes('Secret-123456'), 'the password is forgotten once it has served');
  for (const kept of [made, stored]) assert.ok(!JSON.stringify(kept).includes(osProfile.customData));

  const options = ['-i', key, '-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=${join(folder, 'known')}`];
  const port = process.getuid?.() === 0 ? '22' : '2222';
  const at = `packer@${address.ipAddress}`;
  const session = (...line: string[]) =>
    command('ssh', [...options, '-o', 'BatchMode=yes', '-p', port, at, ...line]).then(({ stdout }) => stdout);
  const first = await eventually(
    () => session('id -un; hostname; sudo -n id -un; echo "$SSL_CERT_FILE"').catch((error: Error) => error.message),
    (said) => said.startsWith('packer'),
    20_000,
  );
  assert.equal(first, 'packer\nreached\nroot\n/run/kiln/ca-bundle.crt\n');
  await assert.rejects(session('exit 7'), { code: 7 });
  assert.equal(
    await session('cloud-init status --wait; cat /etc/custom'),
    'status: done\nSecret-123456 of reached\n',
    'custom data that is a script has run before anybody logs in',
  );

  // As Packer brings its scripts: scp's own protocol, then a command.
  writeFileSync(join(folder, 'script.sh'), 'echo "brought $1"\n');
  for (const protocol of ['-O', '-s']) {
    await command('scp', [
      ...options,
      protocol,
      '-P',
      port,
      join(folder, 'script.sh'),
      `${at}:/tmp/script${protocol}.sh`,
    ]);
  }
  assert.equal(await session('sh /tmp/script-O.sh one; sh /tmp/script-s.sh two'), 'brought one\nbrought two\n');

  // A restart of the system brings the server back, and the account stays as it was made.
  const restarted = await run(
    azure,
    'vm',
    'restart',
    'echo kept >/home/packer/kept; (sleep 1; reboot) >/dev/null 2>&1 &',
  );
  assert.equal(restarted.exitCode, 0);
  await eventually(
    () =>
      session('true').then(
        () => 'up',
        () => 'down',
      ),
    (state) => state === 'down',
    20_000,
  );
  await eventually(
    () => session('cat kept').catch((error: Error) => error.message),
    (said) => said === 'kept\n',
    20_000,
  );

  // Deprovisioned, nothing is left of who was there.
  const gone = await run(azure, 'vm', 'deprovision', '/usr/sbin/waagent -force -deprovision+user');
  assert.equal(gone.exitCode, 0, gone.error);
  const left = await run(azure, 'vm', 'left', 'id packer; ls /home /etc/sudoers.d /var/lib/waagent; ls /etc/ssh');
  assert.ok(!/packer|waagent|ssh_host/.test((left.output ?? '').replace('/var/lib/waagent:', '')), left.output);
});
