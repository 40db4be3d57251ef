/**
 * What is run inside a Linux machine around a step. Plain POSIX shell, and of other programs only the options that those of
 * ten years ago have: people build from CentOS 7 (curl 7.29, systemd 219) and Ubuntu 18.04 (curl 7.58).
 */
import type { ShellCustomizer } from '../../template/build-plan.ts';
import type { StagedStep } from '../contract.ts';

/**
 * Scripts, relative files and what is known of each step. On the disk, as a restart must not lose it, and not below a
 * folder for temporary files, from which hardened images run nothing. Gone at capture.
 */
const WORK = '/var/lib/kiln';

/**
 * Waits once for cloud-init, which still changes package lists right after the agent is ready; fetches the content
 * from the signed address in KILN_SOURCE with whatever the image has, and checks its digest.
 */
const FETCH = `
if command -v cloud-init >/dev/null 2>&1 && [ ! -e /run/kiln-booted ]; then
  cloud-init status --wait >/dev/null 2>&1 || true
fi
: >/run/kiln-booted
mkdir -p ${WORK}
fetch_once() {
  if command -v curl >/dev/null 2>&1; then curl -fsSL -o "$1" "$KILN_SOURCE"
  elif command -v wget >/dev/null 2>&1; then wget -q -O "$1" "$KILN_SOURCE"
  elif command -v python3 >/dev/null 2>&1; then python3 -c 'import os,sys,urllib.request as r; r.urlretrieve(os.environ["KILN_SOURCE"], sys.argv[1])' "$1"
  else echo 'kiln: the image has none of curl, wget and python3' >&2; return 1
  fi
}
fetch() {
  for pause in 1 2 4 8 0; do
    if fetch_once "$1"; then return 0; fi
    sleep $pause
  done
  return 1
}
check() {
  actual=$(sha256sum "$1" | cut -d' ' -f1)
  [ "$actual" = "$2" ] && return 0
  echo "kiln: expected sha256 $2, got $actual" >&2; return 1
}
stopping() {
  [ -e /run/nologin ] || [ "$(systemctl is-system-running 2>/dev/null)" = stopping ]
}
`;

export function linuxStep(step: StagedStep): string {
  switch (step.type) {
    case 'Shell':
      return shellStep(step);
    case 'File':
      return step.unpack === true ? folderStep(step) : fileStep(step.sha256, step.destination);
    case 'PowerShell':
    case 'WindowsRestart':
    case 'WindowsUpdate':
      throw new TypeError(`${step.type} is a step of Windows machines`);
  }
}

/**
 * The script keeps its own interpreter line; without one it is run by /bin/sh. Its exit code is the command's. What
 * became of it is noted on the disk, because a script may restart the machine and be cut off with its command: see
 * {@link OUTCOME}. A machine that is going down already is not given work; a command that ends while it goes down waits
 * to be cut off, so that the restart is over before the next step begins.
 */
function shellStep({
  key,
  sha256,
  environment,
  executeCommand,
}: Pick<ShellCustomizer, 'key' | 'environment' | 'executeCommand'> & { sha256: string }): string {
  const script = `${WORK}/${key}.script`;
  const start = executeCommand === undefined ? script : 'env -u KILN_COMMAND /bin/sh -c "$KILN_COMMAND"';
  // In a shell of its own: a variable may be called as one of those here.
  const set = environment === undefined ? '' : 'eval "$KILN_ENVIRONMENT"; unset KILN_ENVIRONMENT; ';
  return `#!/bin/sh
set -eu
${FETCH}
note=${WORK}/${key}
script=$note.script
rm -f "$note".*
while stopping; do sleep 1; done
umask 077
fetch "$script"
check "$script" ${sha256}
unset KILN_SOURCE
umask 022
case $(head -c 2 "$script") in '#!') ;; *) { echo '#!/bin/sh'; cat "$script"; } >"$script.sh"; mv "$script.sh" "$script" ;; esac
chmod 0755 "$script"
cd ${WORK}
: >"$note.begun"
set +e
(${set}exec ${start}) &
child=$!
trap ': >"$note.stopped"; sync; kill -TERM $child 2>/dev/null' TERM
while :; do
  wait $child
  code=$?
  kill -0 $child 2>/dev/null || break
done
[ -e "$note.stopped" ] || echo $code >"$note.exit"
rm -f "$script"
while stopping; do sleep 1; done
exit $code
`;
}

/** Lines that export the variables; their values are a secret of the command's. */
export function exports(environment: Record<string, string>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quote(value)}`)
    .join('\n');
}

/** A step's start command in Packer's words, filled as Packer does; with values in it, so a secret of the command's. */
export function startCommand({
  key,
  executeCommand = '',
  environment = {},
}: {
  key: string;
  executeCommand?: string;
  environment?: Record<string, string>;
}): string {
  const vars = Object.entries(environment).map(([name, value]) => `${name}='${value.replaceAll("'", `'"'"'`)}'`);
  return executeCommand
    .replaceAll(/\{\{\s*\.Path\s*\}\}/g, () => `${WORK}/${key}.script`)
    .replaceAll(/\{\{\s*\.Vars\s*\}\}/g, () => vars.join(' '));
}

/**
 * Prints what became of a step whose command was cut off: \`exit N\`, \`restarted\` (it ended with an orderly restart),
 * \`lost\` (the machine went down under it) or \`not begun\`.
 */
export const outcomeOf = (key: string): string => `#!/bin/sh
note=${WORK}/${key}
if [ -e "$note.exit" ]; then echo "exit $(cat "$note.exit")"
elif [ ! -e "$note.begun" ]; then echo 'not begun'
elif [ -e "$note.stopped" ]; then echo restarted
else echo lost
fi
`;

/** The destination's folder must exist, as with Image Builder; a relative one is below the folder that scripts run in. */
function fileStep(sha256: string, destination: string): string {
  return `#!/bin/sh
set -eu
${FETCH}
cd ${WORK}
target=${quote(destination)}
fetch "$target.kiln-part"
check "$target.kiln-part" ${sha256}
mv "$target.kiln-part" "$target"
chmod 0644 "$target"
echo "$target"
`;
}

/** Files come with their permissions and belong to root; what is there under other names stays. */
function folderStep({ key, sha256, destination }: { key: string; sha256: string; destination: string }): string {
  return `#!/bin/sh
set -eu
${FETCH}
cd ${WORK}
command -v tar >/dev/null 2>&1 || { echo 'kiln: the image has no tar' >&2; exit 1; }
target=${quote(destination)}
archive=${WORK}/${key}.tar.gz
fetch "$archive"
check "$archive" ${sha256}
mkdir -p -- "$target"
tar -xzof "$archive" -C "$target"
rm -f "$archive"
echo "$target"
`;
}

/** /run is empty after a restart, which is how it is seen to have happened. The pause lets the agent report the end. */
export const LINUX_RESTART = `#!/bin/sh
set -eu
: >/run/kiln-before-restart
sync
${detached('sleep 2; reboot')}
echo 'restarting'
`;

/** Ends with 0 once the machine is back, with 75 when it was not within half a minute. */
export const LINUX_IS_BACK = `#!/bin/sh
n=0
while [ -e /run/kiln-before-restart ]; do
  n=$((n + 1)); [ $n -gt 30 ] && exit 75
  sleep 1
done
echo 'the machine has restarted'
`;

/**
 * Deprovisioning stops the agent that runs it, so it goes on by itself and ends in a power-off. The pause lets the
 * agent report that the command was started.
 */
export const LINUX_DEPROVISION = `#!/bin/sh
set -eu
cat >/run/kiln-deprovision <<'END'
#!/bin/sh
sleep 1
rm -rf ${WORK}
if [ -e /tmp/DeprovisioningScript.sh ]; then
  sh -e /tmp/DeprovisioningScript.sh
else
  waagent -force -deprovision+user && export HISTSIZE=0 && sync
fi || { echo "deprovisioning failed with $?" >&2; exit 1; }
sync
poweroff
END
${detached('sh /run/kiln-deprovision')}
echo deprovisioning
`;

/** Goes on when the command, and with it all that it started, is over. */
function detached(command: string): string {
  return `if command -v systemd-run >/dev/null 2>&1 && [ -d /run/systemd/system ]; then
  systemd-run sh -c ${quote(command)} >/dev/null 2>&1
else
  nohup setsid sh -c ${quote(command)} </dev/null >/dev/null 2>&1 &
fi`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
