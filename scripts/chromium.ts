/** The browser that the page is tested in: the host's own, or Debian's package, installed where that may be done. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const COMMAND = 'apt-get install -y --no-install-recommends chromium';

/** Undefined where there is none. `KILN_CHROMIUM` names another one. */
export function findChromium(): string | undefined {
  return [process.env['KILN_CHROMIUM'] ?? '', ...PLACES].find((place) => place !== '' && existsSync(place));
}

/** Says what it does, and why there is none where it cannot be had. */
export async function ensureChromium(say: (line: string) => void): Promise<void> {
  if (findChromium() !== undefined) return;
  const debian = existsSync('/etc/debian_version') && !/^ID=ubuntu/m.test(readFileSync('/etc/os-release', 'utf8'));
  // Ubuntu's package is a snap, which needs more than a container has.
  if (!debian || process.getuid?.() !== 0) {
    say(`there is no Chromium here: what is tested in it skips; as root on Debian: ${COMMAND}`);
    return;
  }
  say(`installing the browser that the page is tested in: ${COMMAND}`);
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * 1024 * 1024 };
  const install = ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', 'chromium'];
  try {
    await promisify(execFile)('apt-get', ['update', '-qq'], options);
    await promisify(execFile)('apt-get', install, options);
  } catch (error) {
    say(`Chromium could not be installed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
