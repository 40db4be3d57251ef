/** `file`: up into the machine, a file or a folder or a text; nothing comes down. */
import { statSync } from 'node:fs';
import { basename, posix, win32 } from 'node:path';
import type { Fields } from '../../fields.ts';
import type { Collected } from '../collected.ts';
import { isExecutable } from '../collected.ts';
import { addStep, tries } from './common.ts';

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
      return folder(to, from, target, tried);
    }
    const target =
      sources.length > 1 || /[/\\]$/.test(destination) || FOLDERS.test(destination)
        ? joined(to, destination, basename(from))
        : destination;
    addStep(to, { type: 'File', name: name(from), destination: target }, { file: to.copy(from), ...tried });
    if (isExecutable(from)) executable(to, target);
  });
}

const joined = (to: Collected, ...parts: string[]): string =>
  to.build.osType === 'Windows' ? win32.join(...parts) : posix.join(...parts);

/** Packed when the template is built, and unpacked in the machine with its permissions. */
export function folder(to: Collected, from: string, target: string, tried: Record<string, unknown> = {}): void {
  const step = { type: 'File', name: `folder-${basename(from)}`, destination: target };
  addStep(to, step, { folder: to.copy(from), ...tried });
}

/** Packer takes over the permissions of a file; a File step of one file does not. */
function executable(to: Collected, target: string): void {
  if (to.build.osType === 'Windows') return;
  addStep(to, { type: 'Shell', name: 'executable', inline: [`chmod 0755 '${target.replaceAll("'", `'\\''`)}'`] }, {});
}
