/** The Markdown that Temporal Web UI shows as a run's current details. */
import type { BuildStatus, OutputStatus } from './messages.ts';

export function describeStatus(status: BuildStatus): string {
  const lines = [`**${status.state}**: ${status.stage} · ${status.templateName}`];
  if (status.source !== undefined) lines.push('', `Source: \`${status.source}\``);
  if (status.steps.length > 0) {
    lines.push('', '| # | step | type | state | exit code |', '|---|---|---|---|---|');
    for (const step of status.steps) {
      const name = step.role === 'customizer' ? step.name : `${step.role} ${step.name}`;
      lines.push(`| ${step.index + 1} | ${name} | ${step.type} | ${step.state} | ${step.exitCode ?? ''} |`);
    }
  }
  if (status.outputs.length > 0) lines.push('', '| output | type | state | where |', '|---|---|---|---|');
  for (const output of status.outputs) {
    lines.push(`| ${output.runOutputName} | ${output.type} | ${output.state} | ${place(output)} |`);
  }
  if (status.failure !== undefined) lines.push('', `Failure: ${status.failure.message}`);
  for (const { id, reason } of status.leftovers) lines.push('', `Left behind: \`${id}\`: ${reason}`);
  return lines.join('\n');
}

function place(output: OutputStatus): string {
  const regions = output.regions.map(({ name, state }) => `${name} ${state}`).join(', ');
  return [output.version, regions, output.artifactUri].filter(Boolean).join(': ');
}
