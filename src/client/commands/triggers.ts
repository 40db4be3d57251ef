/** `kiln trigger …`: a new version of the source starts a run. */
import { columns } from '../columns.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { print, templateIdOf, WIDTH, withTemplates } from './templates.ts';
import type { WhereOptions } from './templates.ts';

export function createTrigger(template: string, name: string, options: WhereOptions, settings: Settings) {
  const id = templateIdOf(template, options, settings);
  if (!/^[A-Za-z0-9-_.]{1,64}$/.test(name)) throw new UsageError(`expected a trigger's name, got ${name}`);
  return withTemplates(settings, async (templates) => {
    await templates.putTrigger(id, name);
    const made = (await templates.get(id)).triggers.find((trigger) => trigger.name === name);
    console.log(`${name}: ${made?.status.message ?? ''}`);
    return EXIT.done;
  });
}

export function listTriggers(template: string, options: WhereOptions, settings: Settings): Promise<number> {
  const id = templateIdOf(template, options, settings);
  return withTemplates(settings, async (templates) => {
    const { triggers } = await templates.get(id);
    if (options.json === true) print(triggers);
    else if (triggers.length === 0) console.log(`no triggers: kiln trigger create ${template} NAME`);
    else {
      const rows = triggers.map(({ name, kind, status }) => [name, kind, status.code, status.message]);
      console.log(columns(rows, { width: WIDTH, indent: 0 }).join('\n'));
    }
    return EXIT.done;
  });
}

export function deleteTrigger(template: string, name: string, options: WhereOptions, settings: Settings) {
  const id = templateIdOf(template, options, settings);
  return withTemplates(settings, async (templates) => {
    await templates.deleteTrigger(id, name);
    console.log(`${name}: deleted`);
    return EXIT.done;
  });
}

export function checkTrigger(template: string, options: WhereOptions, settings: Settings): Promise<number> {
  const id = templateIdOf(template, options, settings);
  return withTemplates(settings, async (templates) => {
    await templates.checkSource(id);
    console.log(`looking for a new version of the source of ${template}: kiln template show ${template}`);
    return EXIT.done;
  });
}
