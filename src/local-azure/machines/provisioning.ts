/**
 * What the guest agent and cloud-init do on a machine's first start: the administrator's account with its keys, leave to
 * use sudo, and custom data that is a script. Written as a script that runs in the machine, before anything else does.
 */
import { quote } from './commands.ts';
import { CLOUD_INIT } from './stand-ins.ts';

export interface Provisioning {
  /** Another machine from the same disk is provisioned anew. */
  instance: string;
  user: string;
  /** Absent for an account that opens to keys only. */
  password?: string;
  /** In Base64. */
  customData?: string;
  keys: Array<{ path: string; keyData: string }>;
}

export function provisioningScript({ instance, user, password, customData, keys }: Provisioning): string {
  const own = quote(user);
  return `
provision() {
  [ "$(cat /var/lib/waagent/provisioned 2>/dev/null)" = ${quote(instance)} ] && return
  mkdir -p /var/lib/waagent
  id ${own} >/dev/null 2>&1 || useradd --create-home --shell /bin/bash ${own}
  ${password === undefined ? `usermod --password '*' ${own}` : `echo ${quote(`${user}:${password}`)} | chpasswd`}
  echo ${quote(`${user} ALL=(ALL) NOPASSWD: ALL`)} >/etc/sudoers.d/waagent
  chmod 440 /etc/sudoers.d/waagent
${keys.map(({ path, keyData }) => authorize(user, path, keyData)).join('')}
  echo '<ns1:UserName>'${own}'</ns1:UserName>' >/var/lib/waagent/ovf-env.xml
  echo ${quote(instance)} >/var/lib/waagent/provisioned
  [ -x /usr/bin/cloud-init ] || { printf %s ${quote(CLOUD_INIT)} >/usr/bin/cloud-init; chmod 755 /usr/bin/cloud-init; }
${customData === undefined ? '' : takeCustomData(customData)}}
provision
`;
}

/** Where cloud-init keeps it. Its own language, cloud-config, is not understood here: what is written in it stays undone. */
function takeCustomData(customData: string): string {
  return `
  mkdir -p /var/lib/cloud/instance
  echo ${quote(customData.replaceAll(/\s/g, ''))} | base64 -d >/var/lib/cloud/instance/user-data.txt
  chmod 700 /var/lib/cloud/instance/user-data.txt
  if [ "$(head -c 2 /var/lib/cloud/instance/user-data.txt)" = '#!' ]; then
    /var/lib/cloud/instance/user-data.txt </dev/null >/var/log/cloud-init-output.log 2>&1 3>&- ||
      echo 'the custom data, a script, ended with an error; see /var/log/cloud-init-output.log' >&2
  fi
`;
}

function authorize(user: string, path: string, keyData: string): string {
  const folder = path.slice(0, path.lastIndexOf('/'));
  return `
  mkdir -p ${quote(folder)}
  echo ${quote(keyData.trim())} >>${quote(path)}
  chown -R ${quote(user)}: ${quote(folder)}
  chmod 700 ${quote(folder)}
  chmod 600 ${quote(path)}
`;
}

/** Starts the SSH server; its sessions know the authorities and proxies that the machine's scripts know. */
export function sshScript(address: string, port: number): string {
  return `
if [ -x /usr/sbin/sshd ]; then
  mkdir -p /run/sshd
  ssh-keygen -A >/dev/null
  environment=
  for name in SYSTEMD_OFFLINE SSL_CERT_FILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE WGETRC http_proxy https_proxy no_proxy; do
    eval "value=\\$$name"
    [ -n "$value" ] && environment="$environment $name=$value"
  done
  /usr/sbin/sshd -o ListenAddress=${address} -o Port=${port} -o UsePAM=no -o UseDNS=no -o "SetEnv=$environment" \\
    -o PidFile=none -E /run/kiln/ssh-log 3>&- ||
    echo 'the SSH server did not start; see ssh-log' >&2
fi
`;
}
