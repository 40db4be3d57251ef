/** A deployment template with an image template in it. */

/**
 * As Microsoft's quickstarts have it: an identity that may write images, a gallery, and an image template that uses both.
 * @param changes to the properties of the image template, whose name is the parameter `name`
 */
export function quickstart(changes: object = {}): object {
  const identity = "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'builder')]";
  const definition = "[resourceId('Microsoft.Compute/galleries/images', 'gallery', 'debian')]";
  const role = "[guid(resourceGroup().id, 'builder')]";
  return {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    parameters: { name: { type: 'string' }, location: { type: 'string', defaultValue: '[resourceGroup().location]' } },
    variables: { template: "[resourceId('Microsoft.VirtualMachineImages/imageTemplates', parameters('name'))]" },
    resources: [
      {
        type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
        apiVersion: '2023-01-31',
        name: 'builder',
        location: "[parameters('location')]",
      },
      {
        type: 'Microsoft.Authorization/roleAssignments',
        apiVersion: '2022-04-01',
        name: role,
        dependsOn: [identity],
        properties: {
          roleDefinitionId:
            "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b24988ac-6180-42a0-ab88-20f7382dd24c')]",
          principalId: "[reference('builder').principalId]",
          principalType: 'ServicePrincipal',
        },
      },
      {
        type: 'Microsoft.Compute/galleries',
        apiVersion: '2022-03-03',
        name: 'gallery',
        location: "[parameters('location')]",
        properties: {},
      },
      {
        type: 'Microsoft.Compute/galleries/images',
        apiVersion: '2022-03-03',
        name: 'gallery/debian',
        location: "[parameters('location')]",
        dependsOn: ["[resourceId('Microsoft.Compute/galleries', 'gallery')]"],
        properties: {
          osType: 'Linux',
          osState: 'Generalized',
          hyperVGeneration: 'V2',
          identifier: { publisher: 'kiln', offer: 'deployed', sku: 'debian' },
        },
      },
      {
        type: 'Microsoft.VirtualMachineImages/imageTemplates',
        apiVersion: '2022-07-01',
        name: "[parameters('name')]",
        location: "[parameters('location')]",
        tags: { made: 'by-a-deployment' },
        dependsOn: [
          identity,
          definition,
          "[resourceId('Microsoft.Authorization/roleAssignments', guid(resourceGroup().id, 'builder'))]",
        ],
        identity: {
          type: 'UserAssigned',
          userAssignedIdentities: {
            "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'builder')]": {},
          },
        },
        properties: {
          source: { type: 'PlatformImage', publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
          customize: [{ type: 'Shell', name: 'only', inline: ['# simulate: seconds=0'] }],
          distribute: [
            {
              type: 'SharedImage',
              runOutputName: 'gallery',
              galleryImageId: definition,
              replicationRegions: ["[parameters('location')]"],
            },
          ],
          ...changes,
        },
      },
    ],
    outputs: {
      state: { type: 'string', value: "[reference(variables('template')).provisioningState]" },
      version: {
        type: 'string',
        value: "[reference(variables('template'), '2022-07-01', 'Full').properties.source.exactVersion]",
      },
    },
  };
}
