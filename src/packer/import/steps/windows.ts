/** `windows-restart` and `windows-update`, which image templates have by other names. */
import { formatDuration } from '../../../template/duration.ts';
import type { Fields } from '../../fields.ts';
import type { Collected } from '../collected.ts';
import { addStep, secondsOf, tries } from './common.ts';

export function windowsRestart(fields: Fields, to: Collected): void {
  const within = secondsOf(fields, 'restart_timeout');
  fields.noteGiven(
    'lost',
    ['check_registry', 'registry_keys'],
    'a restart that an update still waits for is not looked for: add a restart_check_command',
  );
  const { first } = withoutTimeout(fields, to);
  addStep(
    to,
    {
      type: 'WindowsRestart',
      name: `restart-${to.steps.length + 1}`,
      restartCommand: fields.text('restart_command'),
      restartCheckCommand: fields.text('restart_check_command'),
      restartTimeout: within === 0 ? undefined : formatDuration(within),
    },
    first,
  );
}

export function windowsUpdate(fields: Fields, to: Collected): void {
  fields.noteGiven('needless', ['username', 'password'], 'it runs as SYSTEM');
  fields.noteGiven(
    'lost',
    ['restart_timeout', 'reboot_delay'],
    'a machine that updates is waited for as long as the build may take',
  );
  const { first } = withoutTimeout(fields, to);
  addStep(
    to,
    {
      type: 'WindowsUpdate',
      name: `update-${to.steps.length + 1}`,
      searchCriteria: fields.text('search_criteria'),
      filters: fields.has('filters') ? fields.texts('filters') : undefined,
      updateLimit: fields.number('update_limit'),
    },
    first,
  );
}

function withoutTimeout(fields: Fields, to: Collected): ReturnType<typeof tries> {
  fields.noteGiven('lost', ['timeout'], 'the step has no limit but that of the build');
  const { first, each } = tries(fields, to);
  const { timeout: _timeout, ...rest } = first;
  return { first: rest, each };
}
