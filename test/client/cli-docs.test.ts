import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { CLI_DOCS, cliDocs } from '../../scripts/cli-docs.ts';
import { createProgram } from '../../src/client/program.ts';

it('docs/cli.md is what the commands say', async () => {
  assert.ok(
    readFileSync(CLI_DOCS, 'utf8') === (await cliDocs()),
    'docs/cli.md is not of these commands: run npm run cli-docs and commit it',
  );
});

it('every command says what it does, and belongs to a section', () => {
  const program = createProgram(() => {});
  for (const command of program.commands) {
    assert.notEqual(command.helpGroup(), '', command.name());
    for (const one of [command, ...command.commands]) assert.notEqual(one.description(), '', one.name());
  }
});
