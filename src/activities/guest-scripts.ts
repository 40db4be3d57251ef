/** What is run inside the machine around a step. Plain POSIX shell: nothing may be expected of an image but that. */
import type { StagedStep } from './contract.ts';

/**
 * Waits once for cloud-init, which still changes package lists right after the agent is ready; fetches the content
 * from the signed address in KILN_SOURCE with whatever the image has, and checks its digest.
 */
const FETCH = `
if command -v cloud-init >/dev/null 2>&1 && [ ! -e /run/kiln-booted ]; then
  cloud-init status --wait >/dev/null 2>&1 || true
fi
: >/run/kiln-booted
fetch() {
  if command -v curl >/dev/null 2>&1; then curl -fsSL --retry 5 --retry-all-errors -o "$1" "$KILN_SOURCE"
  elif command -v wget >/dev/null 2>&1; then wget -q -O "$1" "$KILN_SOURCE"
  elif command -v python3 >/dev/null 2>&1; then python3 -c 'import os,sys,urllib.request as r; r.urlretrieve(os.environ["KILN_SOURCE"], sys.argv[1])' "$1"
  else echo 'kiln: the image has none of curl, wget and python3' >&2; return 1
  fi
}
check() {
  actual=$(sha256sum "$1" | cut -d' ' -f1)
  [ "$actual" = "$2" ] && return 0
  echo "kiln: expected sha256 $2, got $actual" >&2; return 1
}
`;

export function stepScript(step: StagedStep): string {
  return step.destination === undefined ? shellStep(step) : fileStep(step.sha256, step.destination);
}

/** The script keeps its own interpreter line; without one it is run by /bin/sh. Its exit code is the command's. */
function shellStep({ sha256 }: StagedStep): string {
  return `#!/bin/sh
set -eu
${FETCH}
umask 077
script=$(mktemp /tmp/kiln-step-XXXXXX)
trap 'rm -f "$script"' EXIT
fetch "$script"
check "$script" ${sha256}
unset KILN_SOURCE
umask 022
case $(head -c 2 "$script") in '#!') ;; *) { echo '#!/bin/sh'; cat "$script"; } >"$script.sh"; mv "$script.sh" "$script" ;; esac
chmod 0755 "$script"
set +e
"$script"
`;
}

/** The destination's folder must exist, as with Image Builder. */
function fileStep(sha256: string, destination: string): string {
  return `#!/bin/sh
set -eu
${FETCH}
target=${quote(destination)}
fetch "$target.kiln-part"
check "$target.kiln-part" ${sha256}
mv "$target.kiln-part" "$target"
chmod 0644 "$target"
echo "$target"
`;
}

/**
 * Deprovisioning stops the agent that runs it, so it goes on by itself and ends in a power-off. The pause lets the
 * agent report that the command was started.
 */
export const DEPROVISION = `#!/bin/sh
set -eu
cat >/run/kiln-deprovision <<'END'
#!/bin/sh
sleep 1
if [ -e /tmp/DeprovisioningScript.sh ]; then
  sh -e /tmp/DeprovisioningScript.sh
else
  waagent -force -deprovision+user && export HISTSIZE=0 && sync
fi || { echo "deprovisioning failed with $?" >&2; exit 1; }
sync
poweroff
END
if command -v systemd-run >/dev/null 2>&1 && [ -d /run/systemd/system ]; then
  systemd-run --quiet --collect sh /run/kiln-deprovision
else
  nohup setsid sh /run/kiln-deprovision </dev/null >/dev/null 2>&1 &
fi
echo deprovisioning
`;

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
