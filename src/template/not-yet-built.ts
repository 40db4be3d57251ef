/**
 * Parts of a template that Kiln reads and plans but does not build yet. A part is built when its line here is gone.
 */
import type { BuildPlan } from './build-plan.ts';
import type { TemplateProblem } from './problems.ts';

interface Part {
  sentence: string;
  /** Paths in the template of every use. */
  uses: (plan: BuildPlan) => string[];
}

const NOT_YET_BUILT: Part[] = [
  { sentence: 'Kiln does not run PowerShell customizers yet', uses: (plan) => customizers(plan, 'PowerShell') },
  { sentence: 'Kiln does not run WindowsRestart customizers yet', uses: (plan) => customizers(plan, 'WindowsRestart') },
  { sentence: 'Kiln does not run WindowsUpdate customizers yet', uses: (plan) => customizers(plan, 'WindowsUpdate') },
  { sentence: 'Kiln does not put files on Windows yet', uses: (plan) => files(plan, /^([A-Za-z]:|\\\\|%)/) },
  {
    sentence: 'Kiln does not put files in relative places yet',
    uses: (plan) => files(plan, /^(?!\/|[A-Za-z]:|\\\\|%)/),
  },
  { sentence: 'Kiln does not validate images yet', uses: ({ validate }) => when(validate, 'validate') },
  { sentence: 'Kiln does not optimize images yet', uses: ({ optimize }) => when(optimize, 'optimize') },
  {
    sentence: 'Kiln does not leave the machine of a failed build yet',
    uses: ({ errorHandling }) => [
      ...(errorHandling?.onCustomizerError === 'abort' ? ['properties.errorHandling.onCustomizerError'] : []),
      ...(errorHandling?.onValidationError === 'abort' ? ['properties.errorHandling.onValidationError'] : []),
    ],
  },
  {
    sentence: 'Kiln does not build in a staging group of your own yet',
    uses: ({ stagingResourceGroup }) => when(stagingResourceGroup, 'stagingResourceGroup'),
  },
  {
    sentence: 'Kiln does not make images with data disks yet',
    uses: ({ machine }) => when(machine.dataDisks, 'additionalDataDisks'),
  },
  {
    sentence: 'Kiln does not build from direct-shared and community galleries yet',
    uses: ({ source }) =>
      source.type === 'SharedImageVersion' && (source.gallery ?? 'own') !== 'own'
        ? ['properties.source.imageVersionId']
        : [],
  },
];

export function notYetBuilt(plan: BuildPlan): TemplateProblem[] {
  return NOT_YET_BUILT.flatMap(({ sentence, uses }) => uses(plan).map((path) => ({ path, message: sentence })));
}

const when = (part: unknown, field: string): string[] => (part === undefined ? [] : [`properties.${field}`]);

function customizers({ customize }: BuildPlan, type: BuildPlan['customize'][number]['type']): string[] {
  return customize.flatMap((step) => (step.type === type ? [`properties.customize[${step.index}].type`] : []));
}

function files({ customize }: BuildPlan, destination: RegExp): string[] {
  return customize.flatMap((step) =>
    step.type === 'File' && destination.test(step.destination)
      ? [`properties.customize[${step.index}].destination`]
      : [],
  );
}
