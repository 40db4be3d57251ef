/** Templates with their last run and what starts the next one. */
import type { Client } from '@temporalio/client';
import type { TemplateClient } from '../../client/template-client.ts';
import type { TemplateView } from '../../workflows/template-messages.ts';
import type { NextStarts } from './next-starts.ts';
import type { TemplatePage, TemplateRow } from './views.ts';

export const TEMPLATES_A_PAGE = 20;

export interface TemplateListParts {
  client: Client;
  templates: TemplateClient;
  nextStarts: NextStarts;
}

/** @param after where the former page ended */
export async function listTemplates(
  { templates, nextStarts }: TemplateListParts,
  after?: string,
): Promise<TemplatePage> {
  const [page, starts] = await Promise.all([templates.list('', after, TEMPLATES_A_PAGE), nextStarts.all()]);
  const rows = page.templates.map((view) => ({ ...rowOf(view), ...starts(view) }));
  return { templates: rows, ...(page.next === undefined ? {} : { next: page.next }) };
}

function rowOf(view: TemplateView): Omit<TemplateRow, 'next' | 'paused'> {
  const { id, name, plan, provisioningState: state, provisioningError, runs, triggers } = view;
  const [run] = runs;
  return {
    id,
    name,
    resourceGroup: plan.template.resourceGroup,
    state,
    ...(provisioningError === undefined ? {} : { trouble: provisioningError.message }),
    ...(run === undefined ? {} : { lastRun: shownRun(run) }),
    triggers: triggers.map((trigger) => ({
      name: trigger.name,
      healthy: trigger.status.code === 'Healthy',
      message: trigger.status.message,
    })),
  };
}

function shownRun({ runId, state, startTime, endTime, message }: TemplateView['runs'][number]) {
  return { runId, state, startTime, message, ...(endTime === undefined ? {} : { endTime }) };
}
