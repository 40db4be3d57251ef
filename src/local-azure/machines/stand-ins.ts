/**
 * What a sandboxed system has in place of a kernel and an init of its own: power commands that tell the sandbox, a
 * guest agent's `waagent` that deprovisions as the real one does, and a policy that package installs start no service.
 */

/** The machine's agent reads power requests from here; outside the image, gone with the machine. */
const REQUEST = '/run/kiln/wake';

/** As with systemd, the command is back at once, and from then on nobody may log in. */
const power = (request: string): string => `#!/bin/sh
# In a real machine this asks init; here it asks the sandbox that plays the machine.
: >/run/nologin
echo ${request} >${REQUEST}
`;

const SHUTDOWN = `#!/bin/sh
for option in "$@"; do
  case $option in -r|--reboot) exec /usr/sbin/reboot ;; -c) exit 0 ;; esac
done
exec /usr/sbin/poweroff
`;

const SYSTEMCTL = `#!/bin/sh
# Power verbs go to the sandbox; all else to systemctl, which enables and disables, and ignores start and stop.
for word in "$@"; do
  case $word in
    poweroff|halt) exec /usr/sbin/poweroff ;;
    reboot) exec /usr/sbin/reboot ;;
  esac
done
export SYSTEMD_OFFLINE=1
exec /usr/bin/systemctl "$@"
`;

const WAAGENT = `#!/bin/sh
# Stand-in for the Azure Linux Agent: deprovisions as the agent's Debian handler does.
user=0 deprovision=0
for option in "$@"; do
  case $option in
    -deprovision+user|--deprovision+user) deprovision=1 user=1 ;;
    -deprovision|--deprovision) deprovision=1 ;;
    -version|--version) echo 'WALinuxAgent-2.13.1.1 running on debian (Kiln stand-in)'; exit 0 ;;
  esac
done
[ $deprovision = 1 ] || { echo 'usage: waagent -force -deprovision[+user]' >&2; exit 1; }
echo 'WARNING! The waagent service will be stopped.'
echo 'WARNING! All SSH host key pairs will be deleted.'
rm -f /etc/ssh/ssh_host_*key*
echo 'WARNING! Cached DHCP leases will be deleted.'
rm -rf /var/lib/dhcp/* /var/lib/NetworkManager/*lease*
echo 'WARNING! root password will be disabled. You will not be able to login as root.'
usermod -L root 2>/dev/null || true
: >/etc/machine-id
rm -f /root/.bash_history /var/log/waagent.log
name=$(sed -n 's:.*<ns1.UserName>\\(.*\\)</ns1.UserName>.*:\\1:p' /var/lib/waagent/ovf-env.xml 2>/dev/null)
rm -rf /var/lib/waagent/*
if [ $user = 1 ] && [ -n "$name" ] && id "$name" >/dev/null 2>&1; then
  echo "WARNING! $name account and entire home directory will be deleted."
  userdel -f -r "$name" 2>/dev/null || true
  rm -f /etc/sudoers.d/waagent
fi
`;

/** Put where no cloud-init is, by what provisions a machine: scripts wait for its end before they begin. */
export const CLOUD_INIT = `#!/bin/sh
# Stand-in for cloud-init: whatever it did at the first start was done before anybody could log in.
case $1 in
  status) echo 'status: done' ;;
  clean) rm -rf /var/lib/cloud/instance /var/log/cloud-init*.log ;;
  -v|--version) echo '/usr/bin/cloud-init 22.4.2 (Kiln stand-in)' ;;
esac
`;

/** Path in the image (without the leading slash) → content. */
export const STAND_INS: Record<string, string> = {
  'usr/sbin/poweroff': power('poweroff'),
  'usr/sbin/halt': power('poweroff'),
  'usr/sbin/reboot': power('reboot'),
  'usr/sbin/shutdown': SHUTDOWN,
  'usr/sbin/waagent': WAAGENT,
  'usr/local/bin/systemctl': SYSTEMCTL,
  'usr/sbin/policy-rc.d': '#!/bin/sh\nexit 101\n',
  'etc/sudoers.d/kiln-sandbox':
    'Defaults env_keep += "SSL_CERT_FILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE WGETRC http_proxy https_proxy no_proxy"\n',
};

/**
 * Bubblewrap's own process inside: what it starts may never gain a privilege (no setuid, and so no sudo for an
 * administrator), which is why the agent comes in beside it. It ends with what the agent says, and all else with it.
 */
export const HOLDER = `#!/bin/sh
trap '' TERM
mkfifo /run/kiln/halt
: >/run/kiln/spool/.ready
read -r code </run/kiln/halt
exit "$code"
`;

/**
 * The first process that does something inside. It sets the machine up if that was asked for, opens it to SSH, starts every job of the spool once, ends the one that it is told to cancel, and ends
 * itself on a power request, which ends all that runs with it, after a moment's notice: 10 powers off, 11 reboots. A
 * job's folder holds script, env and timeout; it writes out, err, and rc by rename. A script may leave a code wider than
 * a byte as exit-code. `timeout` passes a signal on to all of the job's group.
 */
export const AGENT = `#!/bin/sh
cd /run/kiln/spool
job() {
  cd "/run/kiln/spool/$1"
  ( [ -f env ] && . ./env
    cd /
    sh -c 'echo $PPID' >"/run/kiln/spool/$1/pid"
    [ -e "/run/kiln/spool/$1/canceled" ] && exit 143
    exec setsid timeout --kill-after=5 "$(cat "/run/kiln/spool/$1/timeout")" "/run/kiln/spool/$1/script" ) >out 2>err </dev/null
  code=$?
  [ -e exit-code ] && code=$(cat exit-code)
  echo "$code" >rc.part
  mv rc.part rc
}
start_new() {
  for folder in *; do
    [ -d "$folder" ] && [ -e "$folder/script" ] && mkdir "$folder/started" 2>/dev/null && job "$folder" &
  done
}
# As init does: everybody is asked to end, and has a moment to.
going_down() {
  trap '' TERM
  kill -TERM -1
  sleep 1
  echo "$1" >/run/kiln/halt
  # Whoever reads it ends all that is in here.
  sleep 60
}
exec 3<>/run/kiln/wake
# Bubblewrap mounts it without: su, sudo and their like are to work as in any system.
mount -o remount,bind,nodev,suid /
# What ran when the machine went down will never write its exit code.
for folder in *; do
  [ -d "$folder/started" ] && [ ! -e "$folder/rc" ] && echo -1 >"$folder/rc"
done
# Said once: a restart of the system is no first start, and a password is not left lying about.
if [ -s /run/kiln/provision ]; then
  . /run/kiln/provision
  : >/run/kiln/provision
fi
[ -s /run/kiln/ssh ] && . /run/kiln/ssh
start_new
while read -r word name <&3; do
  case $word in
    cancel) kill -TERM "$(cat "$name/pid")" ;;
    poweroff) going_down 10 ;;
    reboot) going_down 11 ;;
    *) start_new ;;
  esac
done
`;
