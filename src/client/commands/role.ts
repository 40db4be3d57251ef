/** `kiln role FILE` */
import { permissionsOf } from '../../template/permissions.ts';
import { EXIT } from '../exit-codes.ts';
import { loadPlans } from '../load-plan.ts';
import type { TemplateOptions } from '../load-plan.ts';
import { rolesFor, roleScript, type AssigneeType } from '../role-definitions.ts';
import type { Settings } from '../settings.ts';

export interface RoleOptions extends TemplateOptions {
  assignee?: string;
  assigneeType?: AssigneeType;
  json?: boolean;
}

export function role(file: string, options: RoleOptions, settings: Settings): number {
  const roles = loadPlans(file, options, settings).flatMap((plan) => rolesFor(plan.template.name, permissionsOf(plan)));
  if (options.json === true) process.stdout.write(`${JSON.stringify(roles, null, 2)}\n`);
  else console.log(roleScript(roles, options.assignee, options.assigneeType).join('\n'));
  return EXIT.done;
}
