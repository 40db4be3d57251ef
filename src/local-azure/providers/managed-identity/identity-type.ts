export const IDENTITY = 'Microsoft.ManagedIdentity/userAssignedIdentities';
