/** Bodies of what Resource Manager has itself: groups, tags, deployments, locks and links. */
import { resource } from './envelope.ts';
import { answered, any, choice, list, map, object, text } from './shape.ts';

export const group = resource(object({ provisioningState: answered }), { managedBy: text });

/** `POST …/exportTemplate`. */
export const templateExport = object({ resources: list(text), options: text, outputFormat: choice('Json Bicep') });

export const tags = object(
  {
    id: any,
    name: any,
    type: any,
    operation: choice('Merge Replace Delete'),
    properties: object({ tags: map(text) }),
  },
  ['properties'],
);

const keyVaultParameter = object({ keyVault: object({ id: text }, ['id']), secretName: text, secretVersion: text }, [
  'keyVault',
  'secretName',
]);

export const deployment = resource(
  object(
    {
      template: any,
      templateLink: object({ uri: text, id: text, relativePath: text, contentVersion: text, queryString: text }),
      parameters: map(object({ value: any, reference: keyVaultParameter, expression: text })),
      parametersLink: object({ uri: text, contentVersion: text }, ['uri']),
      mode: choice('Incremental Complete'),
      debugSetting: object({ detailLevel: text }),
      onErrorDeployment: object({
        type: choice('LastSuccessful SpecificDeployment'),
        deploymentName: text,
        provisioningState: answered,
      }),
      expressionEvaluationOptions: object({ scope: choice('NotSpecified Outer Inner') }),
      externalInputs: map(object({ value: any }, ['value'])),
      externalInputDefinitions: map(object({ kind: text, config: any }, ['kind'])),
      extensionConfigs: map(map(object({ type: answered, value: any, keyVaultReference: keyVaultParameter }))),
      validationLevel: choice('Template Provider ProviderNoRbac'),
      provisioningState: answered,
      correlationId: answered,
      timestamp: answered,
      duration: answered,
      outputs: answered,
      providers: answered,
      dependencies: answered,
      templateHash: answered,
      outputResources: answered,
      validatedResources: answered,
      error: answered,
      extensions: answered,
      diagnostics: answered,
    },
    ['mode'],
  ),
  { scope: text },
  ['properties'],
);

export const lock = object(
  {
    id: any,
    name: any,
    type: any,
    systemData: answered,
    properties: object(
      {
        level: choice('NotSpecified CanNotDelete ReadOnly'),
        notes: text,
        owners: list(object({ applicationId: text })),
      },
      ['level'],
    ),
  },
  ['properties'],
);

export const link = object({
  id: any,
  name: any,
  type: any,
  properties: object({ targetId: text, notes: text, sourceId: answered }, ['targetId']),
});
