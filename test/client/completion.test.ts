import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { bashCompletion } from '../../src/client/completion/bash.ts';
import { commandTree } from '../../src/client/completion/command-tree.ts';
import { fishCompletion } from '../../src/client/completion/fish.ts';
import { zshCompletion } from '../../src/client/completion/zsh.ts';
import { createProgram } from '../../src/client/program.ts';

const run = promisify(execFile);
const nodes = commandTree(createProgram(() => {}));
/** Temporal's part, in place of \`kiln names\`, which is tried with a real one in e2e/commands. */
const NAMES = 'kiln() { [ "$1" = names ] && echo "$2-1" && echo "$2-2"; }';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'kiln-completion-'));
  writeFileSync(join(folder, 'golden.json'), '{}');
  writeFileSync(join(folder, 'bash'), bashCompletion(nodes));
  writeFileSync(join(folder, 'zsh'), zshCompletion(nodes));
  writeFileSync(join(folder, 'fish'), fishCompletion(nodes));
});
after(() => rmSync(folder, { recursive: true }));

/** What a shell offers for the words, of which the last is the one that is being written. */
type Offer = (words: string[]) => Promise<string[]>;

const quoted = (words: string[]): string => words.map((word) => `'${word}'`).join(' ');
const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

const SHELLS: Record<string, Offer> = {
  bash: async (words) => {
    // As bash parts a line: = is a word of its own.
    const parted = words.flatMap((word) => word.split(/(=)/).filter((part, at) => part !== '' || at === 0));
    const script = `source ./bash; ${NAMES}; COMP_WORDS=(${quoted(parted)}); COMP_CWORD=${parted.length - 1}
_kiln; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return linesOf((await run('bash', ['--norc', '-c', script], { cwd: folder })).stdout);
  },
  zsh: async (words) => {
    // Zsh completes only at a terminal: what it would be told is printed in its place.
    const script = `compdef() { : }; compset() { PREFIX=\${PREFIX#*=} }; _files() { print -l -- $PREFIX*(N) }
compadd() { shift; print -l -- "$@" }; _describe() { print -l -- "\${(@)\${(P@)@[-1]}%%:*}" }
${NAMES}; source ./zsh
words=(${quoted(words)}); CURRENT=${words.length}; PREFIX=\${words[CURRENT]}; _kiln`;
    const { stdout } = await run('zsh', ['-f', '-c', script], { cwd: folder });
    // It is zsh that keeps what fits.
    const last = words.at(-1)?.replace(/^-.*=/, '') ?? '';
    return linesOf(stdout).filter((line) => line.startsWith(last));
  },
  fish: async (words) => {
    const names = 'function kiln; echo $argv[2]-1; echo $argv[2]-2; end';
    const script = `${names}; source ./fish; complete -C ${quoted([words.join(' ')])}`;
    const { stdout } = await run('fish', ['--no-config', '-c', script], { cwd: folder });
    return linesOf(stdout).map((line) => (line.split('\t')[0] ?? '').replace(/^-.*=/, ''));
  },
};

for (const [shell, offer] of Object.entries(SHELLS)) {
  describe(`completion in ${shell}`, () => {
    let missing: string | false = false;
    before(async () => {
      missing = await run(shell, ['--version']).then(
        () => false,
        () => `this host has no ${shell}`,
      );
    });
    const completes = (title: string, words: string[], expected: string[]): void =>
      void it(title, async (t) => {
        if (missing !== false) return t.skip(missing);
        assert.deepEqual((await offer(['kiln', ...words])).toSorted(), expected.toSorted());
      });

    completes('commands', ['di'], ['distribute']);
    completes('a command that is whole still has its neighbours', ['sch'], ['schema', 'schedule']);
    completes('commands below a command', ['template', 'c'], ['create', 'cancel']);
    completes('no command that is hidden', ['na'], []);
    completes('commands that have a help', ['help', 'distr'], ['distribute']);
    completes('options', ['template', 'run', 'x', '--no'], ['--no-wait']);
    completes('global options after a command', ['build', '--prof'], ['--profile']);
    completes('the choices of an option', ['--machine', 's'], ['sandbox', 'simulated']);
    completes('the choices after =', ['--machine=sa'], ['sandbox']);
    completes('the choices of an argument', ['completion', 'z'], ['zsh']);
    completes('files where a file is expected', ['build', 'gold'], ['golden.json']);
    completes('files for an option', ['distribute', 'r', '--to', 'gold'], ['golden.json']);
    completes('runs', ['logs', 'runs-'], ['runs-1', 'runs-2']);
    completes('templates, again and again', ['patch', 'one', 'two', 'tem'], ['templates-1', 'templates-2']);
    completes('schedules', ['schedule', 'pause', ''], ['schedules-1', 'schedules-2']);
    completes('nothing after an argument that is the last', ['logs', 'one', ''], []);
    completes('past options with values', ['--cloud', 'azure', 'template', '--json', 'ru'], ['run']);
  });
}
