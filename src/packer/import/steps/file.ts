/** `file`: up into the machine, a file or a folder or a text; nothing comes down. */
import { statSync } from 'node:fs';
import { basename, join, posix, win32 } from 'node:path';
import type { Fields } from '../../fields.ts';
import type { Collected } from '../collected.ts';
import { filesBelow, isExecutable } from '../collected.ts';
import { addStep, tries } from './common.ts';

/** Each is a command in the machine, which Azure takes some fifteen seconds for. */
const MAX_FILES = 60;
/** Folders of every image: what is put there by this name goes into them. */
const FOLDERS =
  /^(\/|\/(tmp|opt|etc|root|home|srv|usr|var|var\/tmp|usr\/local|usr\/local\/bin)|[A-Za-z]:\\?|[A-Za-z]:\\Windows\\Temp)$/i;

export function file(fields: Fields, to: Collected): void {
  if (fields.text('direction') === 'download') {
    return fields.note(
      'refused',
      'direction',
      'nothing comes out of the machine but its image and the output of steps',
    );
  }
  fields.noteGiven('needless', ['generated', 'direction'], 'says when Packer looks for the file');
  const destination = fields.text('destination') ?? '';
  if (destination === '') return fields.problem('destination', 'is missing');
  const { first, each } = tries(fields, to);
  const content = fields.text('content');
  const name = (path: string): string => `file-${basename(path)}`;
  if (fields.has('content')) {
    if (content === undefined) return;
    const local = to.write(basename(destination) || 'content', content);
    return addStep(to, { type: 'File', name: name(destination), destination }, { file: local, ...first });
  }
  const sources = [...fields.texts('source'), ...fields.texts('sources')];
  if (!fields.has('source') && !fields.has('sources')) fields.problem('source', 'expected source, sources or content');
  sources.forEach((source, index) => {
    const from = to.find(fields, fields.has('sources') ? 'sources' : 'source', source);
    if (from === undefined) return;
    const tried = index === 0 ? first : each;
    if (statSync(from).isDirectory()) {
      const target = /[/\\]$/.test(source) ? destination : joined(to, destination, basename(from));
      return folder(fields, to, from, target, tried);
    }
    const target =
      sources.length > 1 || /[/\\]$/.test(destination) || FOLDERS.test(destination)
        ? joined(to, destination, basename(from))
        : destination;
    addStep(to, { type: 'File', name: name(from), destination: target }, { file: to.copy(from), ...tried });
    if (isExecutable(from)) executable(to, [target]);
  });
}

const joined = (to: Collected, ...parts: string[]): string =>
  to.build.osType === 'Windows' ? win32.join(...parts) : posix.join(...parts);

/** Its folders by one step, and a step a file. */
export function folder(
  fields: Fields,
  to: Collected,
  from: string,
  target: string,
  tried: Record<string, unknown> = {},
): void {
  const found = filesBelow(from);
  if (found.length > MAX_FILES) {
    const why = `${from} has ${found.length} files, and each is a step: pack it into one, and unpack it by a script`;
    return fields.note('refused', '', why);
  }
  const place = (path: string): string => joined(to, target, path);
  const folders = [...new Set(['.', ...found.map((path) => posix.dirname(path.replaceAll('\\', '/')))])].map(place);
  const title = `folder-${basename(from)}`;
  const quoted = folders.map((one) => `'${one.replaceAll("'", to.build.osType === 'Windows' ? "''" : `'\\''`)}'`);
  if (to.build.osType === 'Windows') {
    const inline = [`New-Item -ItemType Directory -Force -Path ${quoted.join(', ')} | Out-Null`];
    addStep(to, { type: 'PowerShell', name: title, inline }, tried);
  } else addStep(to, { type: 'Shell', name: title, inline: [`mkdir -p ${quoted.join(' ')}`] }, tried);
  for (const path of found) {
    const local = to.copy(join(from, path));
    addStep(to, { type: 'File', name: `file-${basename(path)}`, destination: place(path) }, { file: local });
  }
  executable(to, found.filter((path) => isExecutable(join(from, path))).map(place));
}

/** Packer takes over the permissions of a file; a File step does not. */
function executable(to: Collected, targets: string[]): void {
  if (targets.length === 0 || to.build.osType === 'Windows') return;
  const quoted = targets.map((one) => `'${one.replaceAll("'", `'\\''`)}'`);
  addStep(to, { type: 'Shell', name: 'executable', inline: [`chmod 0755 ${quoted.join(' ')}`] }, {});
}
