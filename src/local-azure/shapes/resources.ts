/** Bodies of what Resource Manager has itself: groups, tags and deployments. */
import { resource } from './envelope.ts';
import { answered, any, choice, map, object, text } from './shape.ts';

export const group = resource(object({ provisioningState: answered }), { managedBy: text });

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
